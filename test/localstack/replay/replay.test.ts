import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OutgoingRecord } from '#functions/ports.ts'
import type { StreamRecord } from '../../../localstack/replay/merge.ts'
import { cutChunks, type ReplayCounts, replay } from '../../../localstack/replay/replay.ts'
import { collect } from '../../collect.ts'

const pipeline = { name: 'flights' }
const lag = async () => 0

/** A Kafka that keeps what it is sent, send by send. */
function keepSent() {
  const sends: (readonly OutgoingRecord[])[] = []
  return { sends, send: async (records: readonly OutgoingRecord[]) => void sends.push(records) }
}

describe('replay', () => {
  it('publishes each flight to events and its label to labels, and counts both', async () => {
    const { sends, send } = keepSent()
    const counts = await replay({ send, pipeline, rowCount: 3_000, lag })
    const topics = Map.groupBy(sends.flat(), ({ topic }) => topic)
    assert.deepEqual([topics.get('flights.events')?.length, topics.get('flights.labels')?.length, topics.size], [3_000, 3_000, 2])
    assert.deepEqual([counts.eventsPublished, counts.labelsPublished, counts.corrupted], [3_000, 3_000, 0])
  })
  it('counts broken events among the events', async () => {
    const { sends, send } = keepSent()
    const counts = await replay({ send, pipeline, rowCount: 3_000, corruptRatio: 0.01, lag })
    assert.ok(counts.corrupted > 0)
    assert.equal(counts.eventsPublished, 3_000 + counts.corrupted)
    assert.equal(sends.flat().filter(({ topic }) => topic === 'flights.events').length, counts.eventsPublished)
  })
  it('turns labels round from a share of the flights on, and says from when', async () => {
    const delaysOf = async (options: { readonly driftAt?: number }) => {
      const { sends, send } = keepSent()
      const { changedAtMs } = await replay({ send, pipeline, rowCount: 3_000, lag, ...options })
      const records = sends.flat()
      const labels = records.filter(({ topic }) => topic === 'flights.labels').map(({ value }) => JSON.parse(String(value)))
      const departures = records.filter(({ topic }) => topic === 'flights.events').map(({ value }) => JSON.parse(String(value)))
      const late = new Map(labels.map(({ flightId, delayMinutes }) => [flightId, delayMinutes > 15]))
      return { changedAtMs, late, departures }
    }
    const [plain, turned] = [await delaysOf({}), await delaysOf({ driftAt: 0.5 })]
    assert.equal(plain.changedAtMs, null)
    assert.deepEqual(turned.departures, plain.departures)
    const changed = turned.departures.filter(({ flightId }) => turned.late.get(flightId) !== plain.late.get(flightId))
    assert.ok(changed.length > 1_400 && changed.length <= 1_500, `${changed.length}`)
    assert.equal(changed[0].departedAtMs, turned.changedAtMs)
  })
  it('sends one chunk after the other', async () => {
    let underWay = 0
    const send = async () => {
      assert.equal(++underWay, 1)
      await new Promise(setImmediate)
      underWay--
    }
    await replay({ send, pipeline, rowCount: 3_000, lag })
  })
  it('moves the clock of the events on, from the first departure to the last landing', async () => {
    const ticks: number[] = []
    const counts = await replay({ ...keepSent(), pipeline, rowCount: 3_000, lag, onEventClock: atMs => void ticks.push(atMs) })
    assert.equal(counts.firstAtMs, Date.UTC(2001, 0, 1, 0, 1))
    assert.equal(ticks.at(-1), counts.lastAtMs)
    assert.deepEqual(
      ticks,
      ticks.toSorted((a, b) => a - b),
    )
  })
  it('tells its counts after each chunk', async () => {
    const told: ReplayCounts[] = []
    const { sends, send } = keepSent()
    await replay({ send, pipeline, rowCount: 3_000, lag, onProgress: counts => told.push(counts) })
    assert.deepEqual(
      told.map(({ eventsPublished, labelsPublished }) => eventsPublished + labelsPublished),
      sends.map((_, at) => Math.min(6_000, 1_000 * (at + 1))),
    )
  })
  it('stops after the chunk under way, with the counts so far', async () => {
    const stopping = new AbortController()
    const { sends, send } = keepSent()
    const options = { send, pipeline, rowCount: 3_000, lag, signal: stopping.signal }
    const counts = await replay({ ...options, onProgress: () => stopping.abort() })
    assert.deepEqual([sends.length, counts.eventsPublished + counts.labelsPublished], [1, 1_000])
  })
  it('rejects when a chunk cannot be sent', async () => {
    const send = () => Promise.reject(new Error('no broker'))
    await assert.rejects(replay({ send, pipeline, rowCount: 10, lag }), /no broker/)
  })
})

describe('cutChunks', () => {
  const at = (atMs: number): StreamRecord => ({ kind: 'event', atMs, key: 'k', value: 'v' })
  const cut = async (times: readonly number[], spanMs: number) =>
    (await collect(cutChunks(times.map(at), spanMs))).map(chunk => chunk.map(({ atMs }) => atMs))

  it('cuts where a span of event time ends', async () => {
    assert.deepEqual(await cut([0, 99, 100, 350, 399], 100), [[0, 99], [100], [350, 399]])
  })
  it('cuts at a thousand records', async () => {
    const chunks = await cut(
      Array.from({ length: 2_001 }, () => 1),
      Number.POSITIVE_INFINITY,
    )
    assert.deepEqual(
      chunks.map(chunk => chunk.length),
      [1_000, 1_000, 1],
    )
  })
  it('gives none for an empty stream', async () => {
    assert.deepEqual(await cut([], 100), [])
  })
})
