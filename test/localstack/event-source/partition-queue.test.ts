import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makePartitionQueue } from '../../../localstack/event-source/partition-queue.ts'

const consumed = (...offsets: number[]) =>
  offsets.map(offset => ({ offset: String(offset), timestamp: '1', key: null, value: Buffer.from('v') }))
const offsetsOf = (queue: ReturnType<typeof makePartitionQueue>) => queue.records.map(({ offset }) => offset)

describe('makePartitionQueue', () => {
  it('skips records that come again after a rebalance, even when they have left the queue', () => {
    const queue = makePartitionQueue('t', 0)
    queue.append(consumed(3, 4, 8), 0)
    queue.drop(2)
    queue.append(consumed(3, 4, 8, 9), 1)
    assert.deepEqual(offsetsOf(queue), [8, 9])
  })
  it('knows the size of what it holds', () => {
    const queue = makePartitionQueue('t', 0)
    queue.append(consumed(1, 2), 0)
    queue.drop(1)
    assert.equal(queue.bytes, queue.records[0].bytes)
    queue.drop(1)
    assert.equal(queue.bytes, 0)
  })
  it('is empty and stays so once its partition is lost', () => {
    const queue = makePartitionQueue('t', 0)
    queue.append(consumed(1), 0)
    queue.lose()
    queue.append(consumed(2), 1)
    assert.deepEqual([offsetsOf(queue), queue.bytes, queue.isLost], [[], 0, true])
  })
})
