import { keepRecords } from './batch.ts'
import type { QueuedRecord } from './msk-event.ts'

/** What Lambda says beside a function's answer; `requestId` names the invocation in the function's log. */
export interface InvokeContext {
  readonly requestId?: string | undefined
  readonly executedVersion?: string | undefined
}

/**
 * What an invocation came to. `function`: it ran and failed, timed out or crashed; `service`: it could not be run (throttled,
 * unreachable, too large); `recut`: a fault run wants the records put back, and the next batch cut after `recordCount` of them.
 */
export type InvokeResult = InvokeContext &
  (
    | { readonly ok: true; readonly response: unknown }
    | { readonly ok: false; readonly kind: 'function' | 'service'; readonly error: string }
    | { readonly ok: false; readonly kind: 'recut'; readonly error: string; readonly recordCount: number }
  )

/**
 * How a list of failed records is read. AWS's page says that Lambda "retries only the failed records"; its twin for Kinesis says that
 * everything from the lowest listed one on comes again, and a partition's order asks for it. Nobody has measured it for us.
 */
export type ItemFailureReading = 'from lowest' | 'listed only'

/** A batch's records after an invocation. */
export interface Settlement<Slice> {
  readonly succeeded: readonly Slice[]
  readonly again: readonly Slice[]
  /** Why something comes again. */
  readonly reason?: string
}

interface Sliced {
  readonly key: string
  readonly records: readonly QueuedRecord[]
}

/**
 * Applies a function's answer to its batch.
 *
 * A function that lists every record from its first failure on is right under both readings. An empty answer is success;
 * a malformed one, or one that names what is not in the batch, brings back the whole batch.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export function settleBatch<Slice extends Sliced>(
  slices: readonly Slice[],
  result: InvokeResult,
  { reportsItemFailures, reading = 'from lowest' }: { readonly reportsItemFailures: boolean; readonly reading?: ItemFailureReading },
): Settlement<Slice> {
  if (!result.ok) return { succeeded: [], again: slices, reason: result.error }
  if (!reportsItemFailures) return { succeeded: slices, again: [] }
  const failures = parseItemFailures(result.response)
  if (failures === undefined) return { succeeded: [], again: slices, reason: `the answer is malformed: ${excerpt(result.response)}` }
  if (failures.length === 0) return { succeeded: slices, again: [] }

  const listed = new Map<string, Set<number>>()
  for (const { partition, offset } of failures) {
    const slice = slices.find(({ key }) => key === partition)
    if (!slice || !hasOffset(slice.records, offset)) {
      return { succeeded: [], again: slices, reason: `the answer names what is not in the batch: ${partition} at ${offset}` }
    }
    const offsets = listed.get(partition) ?? new Set()
    listed.set(partition, offsets.add(offset))
  }
  const isFailed = failureTests[reading](listed)
  return {
    succeeded: keepRecords(slices, ({ offset }, { key }) => !isFailed(key, offset)),
    again: keepRecords(slices, ({ offset }, { key }) => isFailed(key, offset)),
    reason: `${failures.length} records reported as failed, first ${failures[0].partition} at ${failures[0].offset}`,
  }
}

type FailureTest = (listed: ReadonlyMap<string, ReadonlySet<number>>) => (key: string, offset: number) => boolean

const failureTests: Readonly<Record<ItemFailureReading, FailureTest>> = {
  'from lowest': listed => {
    const lowest = new Map([...listed].map(([key, offsets]) => [key, Math.min(...offsets)]))
    return (key, offset) => offset >= (lowest.get(key) ?? Number.POSITIVE_INFINITY)
  },
  'listed only': listed => (key, offset) => listed.get(key)?.has(offset) ?? false,
}

interface ItemIdentifier {
  readonly partition: string
  readonly offset: number
}

/** Null, an empty object and an empty list are success (an empty list here); undefined is malformed. */
function parseItemFailures(response: unknown): ItemIdentifier[] | undefined {
  if (response === null || response === undefined) return []
  if (typeof response !== 'object' || Array.isArray(response)) return undefined
  const { batchItemFailures } = response as { batchItemFailures?: unknown }
  if (batchItemFailures === null || batchItemFailures === undefined) return []
  if (!Array.isArray(batchItemFailures)) return undefined
  const identifiers = batchItemFailures.map(failure => failure?.itemIdentifier)
  return identifiers.every(isItemIdentifier) ? identifiers : undefined
}

function isItemIdentifier(identifier: unknown): identifier is ItemIdentifier {
  const { partition, offset } = (identifier ?? {}) as Record<string, unknown>
  return typeof partition === 'string' && Number.isSafeInteger(offset)
}

/** Binary search: offsets ascend, with gaps. */
function hasOffset(records: readonly QueuedRecord[], offset: number): boolean {
  let low = 0
  let high = records.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (records[middle].offset === offset) return true
    if (records[middle].offset < offset) low = middle + 1
    else high = middle - 1
  }
  return false
}

const excerpt = (response: unknown) => JSON.stringify(response).slice(0, 200)
