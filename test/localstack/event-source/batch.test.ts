import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type BatchLimits, cutBatch, halveBatch } from '../../../localstack/event-source/batch.ts'
import { type QueuedRecord, toPayload } from '../../../localstack/event-source/msk-event.ts'

const limits: BatchLimits = { recordCount: 3, payloadBytes: 1000, envelopeBytes: 100, windowMs: 500 }
const record = (offset: number, arrivedAtMs = 0, bytes = 50): QueuedRecord => ({
  offset,
  recordedAtMs: 0,
  arrivedAtMs,
  page: Buffer.alloc(bytes),
  start: 0,
  bytes,
})
const queue = (key: string, ...records: QueuedRecord[]) => ({ key, records })

/** Offsets by partition of a batch that is due, else the time to wait. */
function summarize(cut: ReturnType<typeof cutBatch>) {
  return cut.isDue ? Object.fromEntries(cut.slices.map(({ key, records }) => [key, records.map(({ offset }) => offset)])) : cut.waitMs
}

describe('cutBatch', () => {
  it('waits without end while nothing is queued', () => {
    assert.equal(summarize(cutBatch([queue('t-0')], limits, 0)), Number.POSITIVE_INFINITY)
  })
  it('waits for the rest of the oldest record’s window', () => {
    assert.equal(summarize(cutBatch([queue('t-0', record(1, 100)), queue('t-1', record(1, 50))], limits, 150)), 400)
  })
  it('takes what is there when the window ends', () => {
    assert.deepEqual(summarize(cutBatch([queue('t-0', record(1)), queue('t-1', record(7, 1))], limits, 500)), { 't-0': [1], 't-1': [7] })
  })
  it('takes a full batch at once and no more', () => {
    const queues = [queue('t-0', record(1), record(2)), queue('t-1', record(7, 1), record(9, 1))]
    assert.deepEqual(summarize(cutBatch(queues, limits, 0)), { 't-0': [1, 2], 't-1': [7] })
  })
  it('begins with the partition that waits longest', () => {
    const queues = [queue('t-0', record(1, 5), record(2, 5), record(3, 5)), queue('t-1', record(7, 1))]
    assert.deepEqual(summarize(cutBatch(queues, limits, 10)), { 't-1': [7], 't-0': [1, 2] })
  })
  it('is due when the next record would not fit the payload', () => {
    assert.deepEqual(summarize(cutBatch([queue('t-0', record(1, 0, 600), record(2, 0, 600))], limits, 0)), { 't-0': [1] })
  })
  it('gives a record that fits no payload alone, over the limit', () => {
    const cut = cutBatch([queue('t-0', record(1, 0, 950), record(2))], limits, 0)
    assert.deepEqual(summarize(cut), { 't-0': [1] })
    assert.ok(cut.isDue && cut.payloadBytes > limits.payloadBytes)
  })

  const sizes = fc.array(fc.integer({ min: 2, max: 700 }), { maxLength: 12 })
  it('delivers every record once, in order per partition, in payloads that hold the limits, however it cuts', () => {
    fc.assert(
      fc.property(fc.array(sizes, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 6 }), (partitions, recordCount) => {
        const queues = partitions.map((ofPartition, partition) => ({
          key: `t-${partition}`,
          records: ofPartition.map((size, row) => record(row * 3, row, size)), // offsets with gaps
        }))
        const delivered = new Map<string, number[]>(queues.map(({ key }) => [key, []]))
        const envelope = { clusterArn: '', brokers: '' }
        for (;;) {
          const cut = cutBatch(queues, { ...limits, recordCount }, 1_000_000)
          if (!cut.isDue) break
          assert.ok(cut.slices.reduce((sum, slice) => sum + slice.records.length, 0) <= recordCount)
          assert.ok(toPayload(envelope, cut.slices).length <= limits.payloadBytes)
          for (const slice of cut.slices) {
            slice.queue.records.splice(0, slice.records.length)
            delivered.get(slice.key)?.push(...slice.records.map(({ offset }) => offset))
          }
        }
        partitions.forEach((ofPartition, partition) => {
          assert.deepEqual(
            delivered.get(`t-${partition}`),
            ofPartition.map((_, row) => row * 3),
          )
        })
      }),
    )
  })
})

describe('halveBatch', () => {
  const offsetsOf = (halves: ReturnType<typeof halveBatch<ReturnType<typeof queue>>>) =>
    halves.map(half => half.map(({ key, records }) => [key, ...records.map(({ offset }) => offset)]))

  it('gives the first half the odd record, and cuts through a partition', () => {
    const batch = [queue('t-0', record(1), record(4)), queue('t-1', record(7), record(8), record(9))]
    assert.deepEqual(offsetsOf(halveBatch(batch)), [
      [
        ['t-0', 1, 4],
        ['t-1', 7],
      ],
      [['t-1', 8, 9]],
    ])
  })
  it('leaves a batch of one whole', () => {
    assert.deepEqual(offsetsOf(halveBatch([queue('t-0', record(1))])), [[['t-0', 1]]])
  })
})
