import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeLargestRecordLag } from '../../localstack/lag.ts'

const groups = [{ group: 'g', topic: 't' }]
const admin = {
  fetchOffsets: async () => [{ topic: 't', partitions: [{ partition: 0, offset: '760', metadata: null }] }],
  fetchTopicOffsets: async () => [{ partition: 0, offset: '761', low: '0', high: '761' }],
}

describe('makeLargestRecordLag', () => {
  it('looks once through a gap that stands still, and takes a mark for no record', async () => {
    let atMs = 0
    let looks = 0
    const lagOf = makeLargestRecordLag(
      admin,
      async () => {
        looks++
        return 0
      },
      () => atMs,
    )
    assert.equal(await lagOf(groups), 1)
    assert.equal(looks, 0)
    atMs = 5_000
    assert.deepEqual([await lagOf(groups), await lagOf(groups), looks], [0, 0, 1])
  })
})
