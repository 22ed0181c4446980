import { setTimeout as delay } from 'node:timers/promises'
import type { Invoke } from '../../localstack/event-source/invoke.ts'
import type { InvokeResult, ItemFailureReading } from '../../localstack/event-source/outcome.ts'

export interface ScenarioRecord {
  readonly key?: string
  readonly value: string
  /** How long ago it was written, by its timestamp. */
  readonly ageMs?: number
}

/** What the function does with a batch that holds a record of this value, as often as `times` says (always if absent). */
export interface Behaviour {
  readonly on: string
  readonly times?: number
  readonly does:
    | 'throw'
    | 'time out'
    | 'crash'
    | 'answer nonsense'
    | { readonly reports: 'it' | 'it and all after it' }
    | { readonly namesPartition: string; readonly offset: number }
}

/** One mapping, the records of its topic by partition, and its function, in words that a deployed stack could follow as well. */
export interface Scenario {
  /** CloudFormation's properties, beside function, cluster, topic, group and starting position. */
  readonly settings?: Readonly<Record<string, unknown>>
  readonly partitions: readonly (readonly ScenarioRecord[])[]
  readonly behaviours?: readonly Behaviour[]
  /** How long the function takes. */
  readonly workMs?: number
  readonly reading?: ItemFailureReading
}

export interface ObservedBatch {
  /** Offsets by partition. */
  readonly offsets: Readonly<Record<number, readonly number[]>>
  readonly payloadBytes: number
  /** Since the start of the mapping. */
  readonly startedMs: number
  /** Next offsets that the group had committed by then; 0 for none. */
  readonly committed: readonly number[]
}

export interface Observed {
  readonly batches: readonly ObservedBatch[]
  /** Most invocations at a time. */
  readonly concurrency: number
  /** Whether two invocations had records of one partition at a time. */
  readonly hasOverlap: boolean
  /** Next offsets at the end. */
  readonly committed: readonly number[]
  /** What came to the on-failure destination: bodies, and where and how. */
  readonly failures: readonly { readonly to: string; readonly key?: string | null; readonly body: Failure }[]
}

/** An invocation record, as far as the checks read it. */
export interface Failure {
  readonly requestContext: Readonly<Record<string, unknown>>
  readonly responseContext: Readonly<Record<string, unknown>> | null
  readonly version: string
  readonly timestamp: string
  readonly KafkaBatchInfo: { readonly batchSize: number; readonly payloadSize: number } & Readonly<Record<string, unknown>>
  readonly payload?: unknown
}

/** Runs a scenario until every record has succeeded, was given up or filtered. */
export type RunScenario = (scenario: Scenario) => Promise<Observed>

/** The scenario's function, run in this process. */
export function makeScriptedFunction(
  { behaviours = [], workMs = 1 }: Scenario,
  readCommitted: () => readonly number[] | Promise<number[]>,
) {
  const startMs = performance.now()
  const batches: ObservedBatch[] = []
  const timesLeft = new Map(behaviours.map(behaviour => [behaviour, behaviour.times ?? Number.POSITIVE_INFINITY]))
  const running = new Set<number>()
  const observed = { batches, concurrency: 0, hasOverlap: false }
  let runningCount = 0

  const invoke: Invoke = async (_, payload) => {
    const event: { records: Record<string, { partition: number; offset: number; value?: string }[]> } = JSON.parse(String(payload))
    const groups = Object.entries(event.records)
    const partitions = groups.map(([, [{ partition }]]) => partition)
    observed.hasOverlap ||= partitions.some(partition => running.has(partition))
    for (const partition of partitions) running.add(partition)
    observed.concurrency = Math.max(observed.concurrency, ++runningCount)
    const offsets = Object.fromEntries(groups.map(([, records]) => [records[0].partition, records.map(({ offset }) => offset)]))
    const startedMs = performance.now() - startMs
    batches.push({ offsets, payloadBytes: payload.length, startedMs, committed: await readCommitted() })
    await delay(workMs)
    for (const partition of partitions) running.delete(partition)
    runningCount--

    for (const [key, records] of groups) {
      for (const [at, record] of records.entries()) {
        const value = Buffer.from(record.value ?? '', 'base64').toString()
        const behaviour = behaviours.find(({ on }) => on === value)
        const left = behaviour ? timesLeft.get(behaviour)! : 0
        if (!behaviour || left === 0) continue
        timesLeft.set(behaviour, left - 1)
        return { requestId: `request-${batches.length}`, executedVersion: '$LATEST', ...toAnswer(behaviour, key, records.slice(at)) }
      }
    }
    return { ok: true, response: null }
  }
  return { invoke, observed }
}

function toAnswer({ does }: Behaviour, key: string, records: readonly { readonly offset: number }[]): InvokeResult {
  const list = (partition: string, offsets: readonly number[]): InvokeResult => ({
    ok: true,
    response: { batchItemFailures: offsets.map(offset => ({ itemIdentifier: { partition, offset } })) },
  })
  if (typeof does === 'object') {
    if ('namesPartition' in does) return list(does.namesPartition, [does.offset])
    const offsets = records.map(({ offset }) => offset)
    return list(key, does.reports === 'it' ? offsets.slice(0, 1) : offsets)
  }
  if (does === 'answer nonsense') return { ok: true, response: 'done' }
  const errors = { throw: 'Error: no', 'time out': 'Error: Task timed out after 3.00 seconds', crash: 'Runtime.ExitError: exit status 1' }
  return { ok: false, kind: 'function', error: errors[does] }
}
