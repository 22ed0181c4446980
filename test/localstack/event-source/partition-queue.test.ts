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
  it('leaves out what its filter refuses, and gives the last of it to be committed once nothing waits before it', () => {
    const queue = makePartitionQueue('t', 0, value => value?.toString() === 'v')
    const other = { offset: '6', timestamp: '1', key: null, value: Buffer.from('other') }
    assert.equal(queue.append([...consumed(5), other], 0), 1)
    assert.deepEqual([offsetsOf(queue), queue.takeDone()], [[5], undefined])
    queue.drop(1)
    assert.deepEqual([queue.takeDone(), queue.takeDone()], [6, undefined])
  })
  it('knows that a later record was done when one before it is put back and done', () => {
    const queue = makePartitionQueue('t', 0)
    queue.append(consumed(1, 2), 0)
    const [first] = queue.records
    queue.drop(2)
    queue.markDone(2)
    queue.putBack([first])
    assert.equal(queue.takeDone(), undefined)
    queue.drop(1)
    assert.equal(queue.takeDone(), 2)
    queue.append(consumed(3), 1)
    queue.drop(1)
    assert.equal(queue.takeDone(), undefined)
  })
  it('takes records back at its head', () => {
    const queue = makePartitionQueue('t', 0)
    queue.append(consumed(1, 2, 3), 0)
    const dropped = queue.records.slice(0, 2)
    const { bytes } = queue
    queue.drop(2)
    queue.putBack(dropped)
    assert.deepEqual([offsetsOf(queue), queue.bytes], [[1, 2, 3], bytes])
  })
  it('is empty and stays so once its partition is lost', () => {
    const queue = makePartitionQueue('t', 0)
    queue.append(consumed(1), 0)
    queue.lose()
    queue.append(consumed(2), 1)
    assert.deepEqual([offsetsOf(queue), queue.bytes, queue.isLost], [[], 0, true])
  })
})
