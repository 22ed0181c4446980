import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { missingCount, readOffsets, toCut } from '../../../cli/rebuild/offsets.ts'
import { after } from './stream.ts'

const offsets = { topic: 'pay.labels', partition: 0, lowOffset: 20, counted: 70, archive: 60 }

describe('readOffsets', () => {
  it('reads how far both steps are on every topic that windows are fed from, and passes over one that is not made yet', async () => {
    const commits: Record<string, string> = {
      'pay.preprocess.events': '7',
      'pay.join.labels': '6',
      'pay.preprocess.labels': '8', // of before join counted labels
      'pay.archive.events': '9',
      'pay.archive.labels': '5',
    }
    const topics = ['pay.events', 'pay.labels', 'pay.limits', 'pay.features']
    const admin = {
      listTopics: async () => topics,
      fetchTopicOffsets: async (topic: string) =>
        topics.includes(topic) ? [{ partition: 0, offset: '12', high: '12', low: '3' }] : assert.fail(topic),
      fetchOffsets: async ({ groupId }: { groupId: string }) => [
        { topic: '', partitions: [{ partition: 0, offset: commits[groupId] ?? '-1', metadata: null }] },
      ],
    }
    assert.deepEqual(await readOffsets(admin as never, after), [
      { topic: 'pay.events', partition: 0, lowOffset: 3, counted: 7, archive: 9 },
      { topic: 'pay.labels', partition: 0, lowOffset: 3, counted: 6, archive: 5 },
      { topic: 'pay.limits', partition: 0, lowOffset: 3, counted: -1, archive: -1 },
    ])
  })
})

describe('toCut', () => {
  it('is where the step that counts it goes on', () => {
    assert.equal(toCut(offsets), 70)
  })
  it('is the end of the archive where that step has never read a topic, and the oldest record where that is of events', () => {
    assert.equal(toCut({ ...offsets, counted: -1 }), 60)
    assert.equal(toCut({ ...offsets, counted: -1, archive: -1 }), 0)
    assert.equal(toCut({ ...offsets, topic: 'pay.events', counted: -1 }), 20)
  })
})

describe('missingCount', () => {
  it('counts what was counted and the archive does not hold', () => {
    assert.deepEqual(
      [missingCount(offsets), missingCount({ ...offsets, archive: -1 }), missingCount({ ...offsets, archive: 90 })],
      [10, 70, 0],
    )
  })
})
