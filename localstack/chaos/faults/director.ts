import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultKind, Incident } from './plan.ts'
import type { FaultTally } from './tally.ts'

/** Faults of one incident after which the stream goes on. */
const enough: Readonly<Record<FaultKind, number>> = {
  killed: 2,
  twice: 3,
  recut: 3,
  beside: 3,
  broker: 1,
  refused: 5,
  diskFull: 3,
  throttled: 5,
  clocks: 1,
  source: 1,
}
/** A fault that has had too little effect for this long after its stretch of the stream is left at that. */
const patienceMs = 10_000
const lookEveryMs = 50

/** What a fault run does at the start of an incident, beside telling everybody that it is on. */
export type Strike = (kind: FaultKind) => Promise<void>

/** Leads through the incidents of a run. */
export interface Director {
  /** Whether the stream is to wait: it is at the end of an incident that has not had enough effect. */
  isHeld(): boolean
  /** Resolves when the last incident is over; throws what a strike threw. */
  readonly ended: Promise<void>
}

/** Begins each incident when the stream has come to it, and ends it when the stream is past it and it has had effect. */
export function startDirector(options: {
  readonly incidents: readonly Incident[]
  readonly tally: FaultTally
  /** The share of the stream that has been published, 0 to 1. */
  readonly progress: () => number
  readonly strike: Strike
  readonly onEnd: (incident: Incident, injected: number) => void
  readonly signal: AbortSignal
}): Director {
  const { incidents, tally, progress, strike, onEnd, signal } = options
  let holdAt = 1
  let isOver = incidents.length === 0

  async function lead(incident: Incident): Promise<void> {
    const { kind, from, to } = incident
    const injected = () => tally.read()[kind].injected
    holdAt = to
    while (progress() < from && !signal.aborted) await sleep(lookEveryMs)
    const before = injected()
    tally.begin(kind)
    await strike(kind)
    let pastSinceMs: number | undefined
    while (!signal.aborted) {
      if (progress() >= to) {
        pastSinceMs ??= performance.now()
        if (injected() - before >= enough[kind] || performance.now() - pastSinceMs > patienceMs) break
      }
      await sleep(lookEveryMs)
    }
    tally.end()
    onEnd(incident, injected() - before)
  }

  async function leadAll(): Promise<void> {
    try {
      for (const incident of incidents) if (!signal.aborted) await lead(incident)
    } finally {
      isOver = true
    }
  }

  return { isHeld: () => !isOver && progress() >= holdAt, ended: leadAll() }
}
