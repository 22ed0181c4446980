import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { s3Store } from '#functions/adapters/s3.ts'
import { hourMs, toHourStart } from '#functions/archived/hours.ts'
import { listHours } from '#functions/archived/list-hours.ts'
import type { KafkaRecord, RemovingStore } from '#functions/ports.ts'
import { indexTopic } from '../../cli/rebuild/archive-index.ts'
import { mergeFeeds } from '../../cli/rebuild/feed.ts'
import { makeArchiveReader } from '../../cli/replay/archive-reader.ts'
import { findThen } from '../../cli/replay/find-then.ts'
import { readSlice } from '../../cli/replay/slice.ts'
import { deploy } from '../../localstack/deploy.ts'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'
import { readArchived } from '../chaos/faults/read-archived.ts'
import { makeRecord } from '../checks/step-checks.ts'
import { flight, makeFeedback, makePrediction } from '../fixtures.ts'

const hourStartMs = toHourStart(Date.now()) - 3 * hourMs
const span = { fromMs: hourStartMs, toMs: hourStartMs + hourMs }
const topics = { events: 'flights.events', predictions: 'flights.predictions' }
const eventCount = 400

/** The nth event and all that was made of it, in two partitions, a second after the one before. */
function recordOf(topic: string, at: number): KafkaRecord {
  const [partition, offset] = [at % 2, at >> 1]
  const source = { topic: topics.events, partition, offset }
  const changes = { id: `f${at}`, score: at / eventCount, source }
  const values: Readonly<Record<string, object>> = {
    'flights.events': { ...flight, flightId: `f${at}` },
    'flights.predictions': makePrediction(changes),
    'flights.feedback': makeFeedback(changes),
  }
  return makeRecord(values[topic], { topic, partition, offset, recordedAtMs: hourStartMs + at * 1_000, key: Buffer.from(`f${at}`) })
}

/** An invocation's event for records of one topic. */
function toEvent(records: readonly KafkaRecord[]): string {
  const toRecord = ({ topic, partition, offset, recordedAtMs, key, value }: KafkaRecord) => {
    const bytes = { key: key?.toString('base64'), value: value?.toString('base64') }
    return { topic, partition, offset, timestamp: recordedAtMs, timestampType: 'LOG_APPEND_TIME', ...bytes, headers: [] }
  }
  const byPartition = Map.groupBy(records, ({ topic, partition }) => `${topic}-${partition}`)
  const of = [...byPartition].map(([name, some]) => [name, some.map(toRecord)])
  return JSON.stringify({ eventSource: 'aws:kafka', records: Object.fromEntries(of) })
}

/** All that the commands read of the hour: the rows, the events of the slice, their predictions, and what a rebuild is fed. */
async function readAll(store: RemovingStore) {
  const archive = makeArchiveReader(store)
  const rows = await Promise.all(['flights.events', 'flights.predictions', 'flights.feedback'].map(topic => readArchived(store, topic)))
  const slice = await readSlice(archive, topics.events, span)
  const found = await findThen(archive, topics, slice, span)
  const paired = slice.map(({ partition, offset }, at) => [partition, offset, found[at]?.offset, found[at]?.model])
  const parts = await indexTopic(archive, topics.events)
  const feeds = [...parts].map(([partition, objects]) => ({
    topic: topics.events,
    partition,
    objects,
    fromOffset: 3,
    toOffset: eventCount,
  }))
  const fed: KafkaRecord[] = []
  for await (const batch of mergeFeeds(archive, feeds, { spanMs: hourMs, recordsAtOnce: 50 })) fed.push(...batch)
  return { rows, paired: paired.sort((a, b) => Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1])), fed }
}

describe('compaction on the emulator, by the deployed functions', { timeout: 300_000 }, () => {
  let emulator: Emulator
  let store: RemovingStore
  let invoke: (step: 'Archive' | 'Compact', payload: string) => Promise<Record<string, unknown>>

  before(async () => {
    emulator = await startEmulator({ brokers: '127.0.0.1:9' }) // nothing here is read from Kafka or sent there
    Object.assign(process.env, emulator.env)
    const { outputs } = await deploy({
      pipelineName: 'flights',
      pipelineFile: 'models/pipeline.ts',
      clusterArn: emulator.clusterArn,
      env: emulator.env,
    })
    store = s3Store(outputs.ArchiveBucketName)
    const lambda = new LambdaClient()
    invoke = async (step, payload) => {
      const answer = await lambda.send(new InvokeCommand({ FunctionName: outputs[`Function${step}`], Payload: payload }))
      const text = answer.Payload!.transformToString()
      assert.equal(answer.FunctionError, undefined, text)
      return JSON.parse(text)
    }
    for (const topic of ['flights.events', 'flights.predictions', 'flights.feedback']) {
      const records = Array.from({ length: eventCount }, (_, at) => recordOf(topic, at))
      for (const [from, to] of [
        [0, 100],
        [60, 240],
        [240, eventCount],
      ])
        await invoke('Archive', toEvent(records.slice(from, to)))
    }
  })
  after(async () => {
    await emulator?.stop()
  })

  it('gives every reader the same rows, before an hour is closed, after, and with what comes late', async () => {
    const before = await readAll(store)
    assert.deepEqual(
      before.rows.map(({ length }) => length),
      [eventCount, eventCount, eventCount],
    )
    assert.deepEqual([before.paired.length, before.fed.length], [eventCount, eventCount - 6])
    const { closedHours, readObjects, writtenObjects, writtenRows, failedHours } = await invoke('Compact', '{"trigger":"schedule"}')
    assert.deepEqual([closedHours, readObjects, writtenObjects, writtenRows, failedHours], [3, 18, 3, 3 * eventCount, 0])
    const [hour] = await listHours(store, topics.events, span)
    assert.deepEqual([hour.manifest?.objects.length, hour.tail], [1, []])
    const compacted = await readAll(store)
    assert.deepEqual(compacted.rows, before.rows)
    assert.deepEqual(compacted.paired, before.paired)
    assert.deepEqual(compacted.fed, before.fed)
    await invoke('Archive', toEvent([recordOf(topics.events, eventCount - 1), recordOf(topics.events, eventCount + 1)]))
    const withLate = await readAll(store)
    assert.equal(withLate.rows[0].length, eventCount + 1)
    assert.equal(withLate.paired.length, eventCount + 1)
  })
})
