import { type QueuedRecord, sliceBytes } from './msk-event.ts'

/** When a batch is complete. */
export interface BatchLimits {
  readonly recordCount: number
  /** Bytes of the whole payload. */
  readonly payloadBytes: number
  /** Bytes of a payload without partitions. */
  readonly envelopeBytes: number
  readonly windowMs: number
}

/** What the cut needs of a partition's queue. */
export interface RecordQueue {
  readonly key: string
  readonly records: readonly QueuedRecord[]
}

/** The records of one partition in a batch: the first of its queue, in order. */
export interface BatchSlice<Queue extends RecordQueue = RecordQueue> {
  readonly queue: Queue
  readonly key: string
  readonly records: readonly QueuedRecord[]
}

/** A batch that is due, or how long to wait for one (infinitely while nothing is queued). */
export type Cut<Queue extends RecordQueue> =
  | { readonly isDue: true; readonly slices: readonly BatchSlice<Queue>[]; readonly payloadBytes: number }
  | { readonly isDue: false; readonly waitMs: number }

/**
 * Cuts the next batch: due when it is full, when the next record would not fit, or when its oldest record has waited for the window.
 *
 * The partition whose first record came earliest goes first, so that none starves. A record that fits no payload comes
 * alone, with `payloadBytes` over the limit: the caller must give it up. The queues are left as they are.
 */
export function cutBatch<Queue extends RecordQueue>(queues: readonly Queue[], limits: BatchLimits, nowMs: number): Cut<Queue> {
  const waiting = queues.filter(queue => queue.records.length > 0)
  if (waiting.length === 0) return { isDue: false, waitMs: Number.POSITIVE_INFINITY }
  waiting.sort((a, b) => a.records[0].arrivedAtMs - b.records[0].arrivedAtMs)

  const slices: BatchSlice<Queue>[] = []
  let payloadBytes = limits.envelopeBytes
  let recordCount = 0
  let isFull = false
  for (const queue of waiting) {
    if (isFull) break
    let taken = 0
    let takenBytes = sliceBytes(queue.key)
    while (taken < queue.records.length && !isFull) {
      const bytes = takenBytes + queue.records[taken].bytes
      if (recordCount > 0 && payloadBytes + bytes > limits.payloadBytes) {
        isFull = true
        break
      }
      takenBytes = bytes
      taken++
      recordCount++
      isFull = recordCount >= limits.recordCount
    }
    if (taken === 0) break
    payloadBytes += takenBytes
    slices.push({ queue, key: queue.key, records: queue.records.slice(0, taken) })
  }

  const waitMs = waiting[0].records[0].arrivedAtMs + limits.windowMs - nowMs
  const isOver = payloadBytes > limits.payloadBytes
  return isFull || isOver || waitMs <= 0 ? { isDue: true, slices, payloadBytes } : { isDue: false, waitMs }
}

/**
 * Cuts a failed batch in two, the first half with the odd record; each keeps the order of its partitions. A batch of one stays whole.
 *
 * @example halveBatch([{ key: 't-0', records: [a, b, c] }]) // [[{ key: 't-0', records: [a, b] }], [{ key: 't-0', records: [c] }]]
 */
export function halveBatch<Slice extends { readonly records: readonly QueuedRecord[] }>(slices: readonly Slice[]): Slice[][] {
  const count = countRecords(slices)
  if (count < 2) return [[...slices]]
  const halves: [Slice[], Slice[]] = [[], []]
  let room = Math.ceil(count / 2)
  for (const slice of slices) {
    const first = slice.records.slice(0, room)
    const second = slice.records.slice(first.length)
    room -= first.length
    if (first.length > 0) halves[0].push({ ...slice, records: first })
    if (second.length > 0) halves[1].push({ ...slice, records: second })
  }
  return halves
}

/** Records in all slices. */
export function countRecords(slices: readonly { readonly records: readonly QueuedRecord[] }[]): number {
  return slices.reduce((sum, slice) => sum + slice.records.length, 0)
}

/** The slices with only the records that `keep` keeps, and without those that are left empty. */
export function keepRecords<Slice extends { readonly records: readonly QueuedRecord[] }>(
  slices: readonly Slice[],
  keep: (record: QueuedRecord, slice: Slice) => boolean,
): Slice[] {
  return slices
    .map(slice => ({ ...slice, records: slice.records.filter(record => keep(record, slice)) }))
    .filter(slice => slice.records.length > 0)
}
