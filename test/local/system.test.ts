import assert from 'node:assert/strict'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { parquetReadObjects } from 'hyparquet'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { type KafkaSender, kafkaSender } from '#functions/adapters/kafka-sender.ts'
import { dynamoPredictions } from '#functions/adapters/prediction-table.ts'
import { s3Store } from '#functions/adapters/s3.ts'
import { readManifests } from '#functions/bundles/registry.ts'
import { readTallies } from '#functions/counters/read.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import { parseRejected, type Rejection } from '#functions/rejected.ts'
import { pipeline } from '#models/pipeline.ts'
import { runMillrace } from '../../cli/program.ts'
import { readTopic, toStepRecord } from '../../cli/read-topic.ts'
import { startObserver } from '../../localstack/console/observer.ts'
import { toModelQuality } from '../../localstack/console/quality.ts'
import { drain } from '../../localstack/drain.ts'
import { replay } from '../../localstack/replay/replay.ts'
import { type System, startSystem } from '../../localstack/system.ts'
import { objectStoreChecks } from '../checks/object-store-checks.ts'
import { flight, landing } from '../fixtures.ts'

const rowCount = 14_000 // more than the definition asks for a first model
const { signal } = new AbortController()

describe('the whole system, deployed', { timeout: 600_000 }, () => {
  let system: System
  let send: KafkaSender

  before(async () => {
    system = await startSystem({ pipeline, pipelineFile: 'models/pipeline.ts', onPhase: () => {}, onReport: () => {} })
    send = kafkaSender(async () => system.kafka)
  })
  after(async () => {
    await send?.close()
    await system?.stop()
  })

  it('accounts for every event, broken ones included, joins every label, and archives all of it', async () => {
    const observer = await startObserver(system.kafka, pipeline.name)
    const published = await replay({ send, pipeline, rowCount, corruptRatio: 0.05, lag: async () => 0, signal })
    assert.ok(published.corrupted > 100)
    const drained = await drain(async () => {
      const { predictions, rejectedEvents, labelsJoined } = observer.read()
      return { unaccounted: published.eventsPublished - predictions - rejectedEvents, unjoined: rowCount - labelsJoined }
    }, signal)
    const observed = observer.read()
    await observer.stop()
    assert.ok(drained, JSON.stringify({ published, observed }))
    assert.equal(observed.predictions, rowCount)
    assert.equal(observed.rejectedEvents, published.corrupted)
    assert.equal(observed.predictionsRepeated, 0)
  })

  it('keeps every rejected record with its reason', async () => {
    const rejections = await readAll(system, 'flights.rejected')
    assert.ok(rejections.length > 100)
    for (const record of rejections) {
      const { code, reason, source } = parseRejected(record) as Rejection
      assert.match(code, /^(VALUE_MISSING|VALUE_NOT_JSON|EVENT_INVALID)$/)
      assert.notEqual(reason, '')
      assert.equal(source.topic, 'flights.events')
    }
  })

  it('fires the deployed schedule by EventBridge Scheduler itself, which trains from the archive', async () => {
    const models = s3Store(system.deployment.outputs.ModelBucketName)
    const deadlineMs = Date.now() + 150_000 // the schedule's rate is a minute, and the emulator looks every ten seconds
    let manifests = await readManifests(models, pipeline.name)
    while (manifests.length === 0 && Date.now() < deadlineMs) {
      await sleep(2_000)
      manifests = await readManifests(models, pipeline.name)
    }
    assert.ok(manifests.length > 0, 'no bundle within 150 s')
    assert.deepEqual(manifests[0].contenders.map(contender => contender.trainer).sort(), ['gbdt', 'logistic'])
    assert.ok(manifests[0].training.rowCount > 100)
  })

  it('writes predictions to the table, without repeats of an id', async () => {
    const table = dynamoPredictions(system.deployment.outputs.PredictionsTableName)
    const events = await readAll(system, 'flights.predictions')
    const ids = events.slice(0, 250).map(record => JSON.parse(String(record.value)).id as string)
    const records = await table.read(ids)
    assert.equal(records.size, ids.length)
    assert.equal(JSON.parse(records.get(ids[0])!).id, ids[0])
  })

  it('counts each model with its coverage', async () => {
    const deadlineMs = Date.now() + 30_000
    const read = async () => toModelQuality(await readTallies(dynamoCounters(system.deployment.outputs.CountersTableName)))
    let qualities = await read()
    const labelled = () => qualities.reduce((sum, quality) => sum + quality.labelled, 0)
    while (labelled() < rowCount && Date.now() < deadlineMs) {
      await sleep(500)
      qualities = await read()
    }
    assert.equal(labelled(), rowCount)
    assert.equal(
      qualities.reduce((sum, quality) => sum + quality.predicted, 0),
      rowCount,
    )
  })

  it('archives every event once for each topic, partition and offset', async () => {
    const archive = s3Store(system.deployment.outputs.ArchiveBucketName)
    const places = new Set<string>()
    for (const key of await archive.list('flights.events/')) {
      const { body } = (await archive.get(key))!
      for (const row of await parquetReadObjects({ file: new Uint8Array(body).buffer, columns: ['partition', 'offset'] })) {
        places.add(`${row.partition}-${row.offset}`)
      }
    }
    assert.equal(places.size, (await readAll(system, 'flights.events')).length)
  })

  it('made features that come out of the archive again, equal to the bit in every row', async () => {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'millrace-')), 'parity.json')
    const from = new Date(Date.now() - 3_600_000).toISOString()
    const to = new Date(Date.now() + 3_600_000).toISOString()
    const written: string[] = []
    const stream = { write: (text: string) => written.push(text) }
    const exitCode = await runMillrace(['parity', '--from', from, '--to', to, '--json', file], { stdout: stream, stderr: stream, signal })
    assert.equal(exitCode, 0, written.join(''))
    const { compared, equalRows, refusedNow, forgotten, notArchived } = JSON.parse(await readFile(file, 'utf8'))
    assert.deepEqual([compared, equalRows, refusedNow, forgotten, notArchived], [rowCount, rowCount, 0, 0, 0])
  })

  it('sends a label that comes before its event round until the prediction is there', async () => {
    const observer = await startObserver(system.kafka, pipeline.name)
    const before = await drain(async () => ({ missing: rowCount - observer.read().labelsJoined }), signal)
    assert.ok(before)
    await send([{ topic: 'flights.labels', key: 'early', value: JSON.stringify({ ...landing, flightId: 'early' }) }])
    await sleep(2_000)
    assert.equal(observer.read().labelsJoined, rowCount)
    await send([{ topic: 'flights.events', key: 'early', value: JSON.stringify({ ...flight, flightId: 'early' }) }])
    const joined = await drain(async () => ({ missing: rowCount + 1 - observer.read().labelsJoined }), signal)
    await observer.stop()
    assert.ok(joined)
  })

  it('answers an event that is not a Kafka event with an error', async () => {
    const { functionName } = system.mappings[0]
    const answer = await new LambdaClient().send(new InvokeCommand({ FunctionName: functionName, Payload: '{"Records":[]}' }))
    assert.ok(answer.FunctionError)
    assert.match(Buffer.from(answer.Payload!).toString(), /eventSource must be aws:kafka or SelfManagedKafka/)
  })

  describe('its S3', () => {
    let count = 0
    objectStoreChecks('on the emulator', async () => {
      const bucket = `millrace-checks-${process.pid}-${count++}`
      await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: bucket }))
      return s3Store(bucket)
    })
  })
})

/** Every record of a topic that is there now. */
async function readAll({ kafka }: System, topic: string): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = []
  for await (const batch of readTopic({ kafka, topic })) records.push(...batch.map(toStepRecord))
  return records
}
