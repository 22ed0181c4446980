import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OffsetReader } from '#functions/adapters/kafka-lag.ts'
import type { OutgoingRecord } from '#functions/ports.ts'
import { type LabelClock, makeLabelClock, paceByLabels } from '../../../localstack/replay/label-clock.ts'
import type { StreamRecord } from '../../../localstack/replay/merge.ts'
import { replay } from '../../../localstack/replay/replay.ts'

const groupTopic = { group: 'flights.preprocess.labels', topic: 'flights.labels' }

/** A broker with two partitions of labels: where they end, and what the group has committed. */
function fakeBroker() {
  const ends = [0, 0]
  const commits = [-1, -1]
  const admin: OffsetReader = {
    fetchTopicOffsets: async () => ends.map((end, partition) => ({ partition, offset: String(end), high: String(end), low: '0' })),
    fetchOffsets: async () => [
      { topic: groupTopic.topic, partitions: commits.map((offset, partition) => ({ partition, offset: String(offset), metadata: null })) },
    ],
  }
  return { ends, commits, clock: makeLabelClock(admin, groupTopic) }
}

describe('makeLabelClock', () => {
  it('says Infinity while no label is on its way', async () => {
    const { clock } = fakeBroker()
    assert.equal(await clock.appliedUpToMs(), Number.POSITIVE_INFINITY)
    await clock.published(5)
    assert.equal(await clock.appliedUpToMs(), Number.POSITIVE_INFINITY)
  })
  it('says up to when every partition has been applied', async () => {
    const { clock, ends, commits } = fakeBroker()
    ends[0] = 3
    await clock.published(10)
    ends[0] = 4
    ends[1] = 2
    await clock.published(20)
    ends[1] = 5
    await clock.published(30)
    assert.equal(await clock.appliedUpToMs(), Number.NEGATIVE_INFINITY)
    commits[0] = 4
    assert.equal(await clock.appliedUpToMs(), 10)
    commits[1] = 2
    assert.equal(await clock.appliedUpToMs(), 20)
    commits[1] = 5
    assert.equal(await clock.appliedUpToMs(), Number.POSITIVE_INFINITY)
  })
})

describe('paceByLabels', () => {
  const chunk = (...times: readonly number[]): StreamRecord[] => times.map(atMs => ({ kind: 'event', atMs, key: 'k', value: 'v' }))
  const { signal } = new AbortController()
  const clockOf = (...applied: number[]): LabelClock => ({
    published: async () => {},
    appliedUpToMs: async () => applied.shift() ?? Number.POSITIVE_INFINITY,
  })
  const next = async () => {}

  it('waits until the labels due before the allowed staleness are applied, and says how stale windows were', async () => {
    let slept = 0
    const sleep = async () => void slept++
    const { pace, staleness } = paceByLabels({ clock: clockOf(50, 60, 95, 160), staleAtMostMs: 20, next, signal }, { sleep })
    await pace(chunk(90, 100))
    assert.equal(slept, 2)
    await pace(chunk(170, 180, 180))
    await pace(chunk(200))
    assert.deepEqual(staleness(), { meanMs: (2 * 5 + 3 * 20) / 6, mostMs: 20 })
  })
  it('no longer waits once the replay is stopped', async () => {
    const stopping = new AbortController()
    const sleep = async () => stopping.abort()
    const { pace } = paceByLabels({ clock: clockOf(0, 0, 0), staleAtMostMs: 20, next, signal: stopping.signal }, { sleep })
    await pace(chunk(90))
  })
})

describe('replay with a label clock', () => {
  it('never publishes an event more than half an hour ahead of the labels that are applied', async () => {
    const sent: OutgoingRecord[] = []
    let publishedMs = 0
    let appliedMs = 0
    const labelClock: LabelClock = {
      published: async atMs => {
        publishedMs = atMs
      },
      appliedUpToMs: async () => {
        appliedMs = Math.min(publishedMs, Math.max(appliedMs, publishedMs - 50 * 60_000) + 60_000) // a minute a look
        return appliedMs === publishedMs ? Number.POSITIVE_INFINITY : appliedMs
      },
    }
    const send = async (records: readonly OutgoingRecord[]) => {
      for (const { topic, value } of records) {
        if (topic === 'flights.events' && appliedMs > 0) assert.ok(JSON.parse(String(value)).departedAtMs - appliedMs <= 30 * 60_000)
      }
      sent.push(...records)
    }
    const counts = await replay({ send, pipeline: { name: 'flights' }, rowCount: 2_000, lag: async () => 0, labelClock })
    assert.equal(sent.length, 4_000)
    assert.ok(counts.staleness!.mostMs <= 30 * 60_000 && counts.staleness!.meanMs > 0, JSON.stringify(counts.staleness))
  })
})
