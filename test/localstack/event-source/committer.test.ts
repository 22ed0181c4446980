import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeCommitter, type OffsetCommit } from '../../../localstack/event-source/committer.ts'
import { makePartitionQueue } from '../../../localstack/event-source/partition-queue.ts'

const summarize = (commits: readonly OffsetCommit[]) => commits.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`)

const unexpected = (error: unknown) => assert.fail(String(error))

describe('makeCommitter', () => {
  it('commits the offset after the last one', async () => {
    const sent: string[][] = []
    const committer = makeCommitter(async commits => void sent.push(summarize(commits).sort()), unexpected)
    committer.add(makePartitionQueue('t', 2), 41)
    await committer.flush()
    assert.deepEqual(sent, [['t 2 42']])
  })
  it('gathers while a request is under way and keeps the latest of each partition', async () => {
    const sent: string[][] = []
    const committer = makeCommitter(async commits => void sent.push(summarize(commits).sort()), unexpected)
    const [first, second] = [makePartitionQueue('t', 0), makePartitionQueue('t', 1)]
    committer.add(first, 0)
    for (const offset of [1, 2, 3]) committer.add(second, offset)
    await committer.flush()
    assert.deepEqual(sent, [['t 0 1'], ['t 1 4']])
  })
  it('keeps what could not be sent and sends it with the next, newer one', async () => {
    const sent: string[][] = []
    const errors: unknown[] = []
    let isDown = true
    const committer = makeCommitter(
      async commits => {
        if (isDown) throw new Error('down')
        sent.push(summarize(commits).sort())
      },
      error => errors.push(error),
    )
    const [first, second] = [makePartitionQueue('t', 0), makePartitionQueue('t', 1)]
    committer.add(first, 0)
    committer.add(second, 5)
    await committer.flush()
    isDown = false
    committer.add(first, 9)
    await committer.flush()
    assert.deepEqual([sent, errors.length], [[['t 0 10', 't 1 6']], 1])
  })
  it('commits nothing of a lost partition', async () => {
    const committer = makeCommitter(async () => assert.fail('was sent'), unexpected)
    const queue = makePartitionQueue('t', 0)
    queue.lose()
    committer.add(queue, 7)
    await committer.flush()
  })
})
