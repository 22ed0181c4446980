import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type OffsetReader, readLag } from '#functions/adapters/kafka-lag.ts'

/** An admin client that knows one topic of two partitions, `low` to `high` each, and what a group has committed. */
function adminOf(ends: readonly [low: number, high: number][], commits: Readonly<Record<string, readonly number[]>>): OffsetReader {
  return {
    fetchTopicOffsets: async () =>
      ends.map(([low, high], partition) => ({ partition, offset: String(high), low: String(low), high: String(high) })),
    fetchOffsets: async ({ groupId, topics }) => {
      const partitions = (commits[groupId] ?? [-1, -1]).map((offset, partition) => ({ partition, offset: String(offset), metadata: null }))
      return [{ topic: topics?.[0] as string, partitions }]
    },
  }
}
const lagOf = async (admin: OffsetReader) => (await readLag(admin, [{ group: 'g', topic: 't' }]))[0].lag

describe('readLag', () => {
  it('is what is not committed, over all partitions', async () => {
    const ends: [number, number][] = [
      [0, 10],
      [0, 7],
    ]
    assert.equal(await lagOf(adminOf(ends, { g: [4, 7] })), 6)
  })
  it('is every record there is for a group that does not exist yet', async () => {
    const ends: [number, number][] = [
      [3, 10],
      [0, 7],
    ]
    assert.equal(await lagOf(adminOf(ends, {})), 14)
  })
  it('does not count records that the topic no longer has', async () => {
    assert.equal(await lagOf(adminOf([[6, 10]], { g: [2] })), 4)
  })
  it('counts what was ever written, removed records included', async () => {
    const [{ written }] = await readLag(
      adminOf(
        [
          [6, 10],
          [0, 7],
        ],
        { g: [2, 2] },
      ),
      [{ group: 'g', topic: 't' }],
    )
    assert.equal(written, 17)
  })
  it('keeps the order of the groups it was asked for', async () => {
    const admin = adminOf([[0, 5]], { a: [5], b: [1] })
    const groups = ['b', 'a', 'new'].map(group => ({ group, topic: 't' }))
    assert.deepEqual(
      (await readLag(admin, groups)).map(({ group, lag }) => [group, lag]),
      [
        ['b', 4],
        ['a', 0],
        ['new', 5],
      ],
    )
  })
})
