import type { QueuedRecord } from './msk-event.ts'

/** What an invocation came to. `function`: it ran and failed; `service`: it could not be run (throttled, unreachable, too large). */
export type InvokeResult =
  | { readonly ok: true; readonly response: unknown }
  | { readonly ok: false; readonly kind: 'function' | 'service'; readonly error: string }

/** A batch's records after an invocation: in each partition the first ones succeeded, the rest comes again. */
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
 * From the lowest listed offset of a partition on, everything comes again: AWS's page says "the listed items", others read
 * "resume from the named offset", and a function that lists every record after its first failure is right under both.
 * An empty answer is success; a malformed one, or one that names what is not in the batch, brings back the whole batch.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export function settleBatch<Slice extends Sliced>(
  slices: readonly Slice[],
  result: InvokeResult,
  { reportsItemFailures }: { readonly reportsItemFailures: boolean },
): Settlement<Slice> {
  if (!result.ok) return { succeeded: [], again: slices, reason: result.error }
  if (!reportsItemFailures) return { succeeded: slices, again: [] }
  const failures = parseItemFailures(result.response)
  if (failures === undefined) return { succeeded: [], again: slices, reason: `the answer is malformed: ${excerpt(result.response)}` }
  if (failures.length === 0) return { succeeded: slices, again: [] }

  const firstFailed = new Map<string, number>()
  for (const { partition, offset } of failures) {
    const slice = slices.find(({ key }) => key === partition)
    if (!slice || !hasOffset(slice.records, offset)) {
      return { succeeded: [], again: slices, reason: `the answer names what is not in the batch: ${partition} at ${offset}` }
    }
    firstFailed.set(partition, Math.min(offset, firstFailed.get(partition) ?? offset))
  }
  const isDone = (slice: Slice) => (record: QueuedRecord) => record.offset < (firstFailed.get(slice.key) ?? Number.POSITIVE_INFINITY)
  return {
    succeeded: keepRecords(slices, isDone),
    again: keepRecords(slices, slice => record => !isDone(slice)(record)),
    reason: `${failures.length} records reported as failed, first ${failures[0].partition} at ${failures[0].offset}`,
  }
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

function keepRecords<Slice extends Sliced>(slices: readonly Slice[], keep: (slice: Slice) => (record: QueuedRecord) => boolean): Slice[] {
  return slices.map(slice => ({ ...slice, records: slice.records.filter(keep(slice)) })).filter(slice => slice.records.length > 0)
}

const excerpt = (response: unknown) => JSON.stringify(response).slice(0, 200)
