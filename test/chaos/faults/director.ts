import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultKind } from './plan.ts'
import type { FaultTally } from './tally.ts'

/** Faults of one incident after which the stream goes on. */
const enough: Readonly<Record<FaultKind, number>> = {
  killed: 6, // the stack has six functions that Kafka triggers
  twice: 12, // the stack has twelve mappings, and the first delivery of each is hit
  recut: 12,
  beside: 12,
  broker: 1,
  refused: 8,
  diskFull: 3,
  throttled: 20,
  clocks: 2,
  source: 1,
}
/** The stream's ends, before the first incident and after the last, as shares of it. */
const ends = { from: 0.05, to: 0.9 }
/** Of an incident's share of the stream, what goes by at full speed; the rest trickles while the fault has had too little effect. */
const atFullSpeed = 0.5
const trickleMs = 1_000
/** A fault that has had too little effect for this long after its share of the stream is left at that. */
const patienceMs = 15_000
const lookEveryMs = 50

/** What a fault run does at the start of an incident, beside telling everybody that it is on. */
export type Strike = (kind: FaultKind) => Promise<void>

/** Leads through the incidents of a run. */
export interface Director {
  /** Whether the stream is to wait for the incident that is on. */
  isHeld(): boolean
  /** Resolves when the last incident is over; throws what a strike threw. */
  readonly ended: Promise<void>
}

/**
 * Lets one incident follow another, each with an equal share of what is left of the stream, and ends each when it has had effect.
 *
 * `progress` is the share of the stream that has been published, 0 to 1.
 */
export function startDirector(options: {
  readonly kinds: readonly FaultKind[]
  readonly tally: FaultTally
  readonly progress: () => number
  readonly strike: Strike
  readonly onEnd: (kind: FaultKind, injected: number) => void
  readonly signal: AbortSignal
}): Director {
  const { kinds, tally, progress, strike, onEnd, signal } = options
  let hold: { readonly from: number; readonly slowFrom: number; readonly until: number } | undefined
  let lastLetThroughMs = Number.NEGATIVE_INFINITY

  async function lead(kind: FaultKind, share: number): Promise<void> {
    const injected = () => tally.read()[kind].injected
    const [from, before, recordsBefore] = [progress(), injected(), tally.read()[kind].records]
    const hasEffect = () => injected() - before >= enough[kind] && tally.read()[kind].records > recordsBefore
    tally.begin(kind)
    hold = { from, slowFrom: from + share * atFullSpeed, until: from + share }
    await strike(kind)
    let pastSinceMs: number | undefined
    while (!signal.aborted) {
      if (progress() >= hold.slowFrom && hasEffect()) break
      if (progress() >= hold.until) {
        pastSinceMs ??= performance.now()
        if (performance.now() - pastSinceMs > patienceMs) break
      }
      await sleep(lookEveryMs)
    }
    tally.end()
    onEnd(kind, injected() - before)
  }

  async function leadAll(): Promise<void> {
    while (progress() < ends.from && !signal.aborted) await sleep(lookEveryMs)
    try {
      for (const [at, kind] of kinds.entries()) {
        if (!signal.aborted) await lead(kind, (ends.to - progress()) / (kinds.length - at))
      }
    } finally {
      hold = undefined
    }
  }

  return {
    isHeld() {
      // something is to go by under every fault, even where its share is smaller than a chunk
      if (!hold || progress() <= hold.from || progress() < hold.slowFrom) return false
      if (progress() >= hold.until || performance.now() - lastLetThroughMs < trickleMs) return true
      lastLetThroughMs = performance.now()
      return false
    },
    ended: leadAll(),
  }
}
