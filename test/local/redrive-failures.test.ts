import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { Admin, Kafka } from 'kafkajs'
import { connectKafka } from '#functions/adapters/kafka-client.ts'
import { s3Store } from '#functions/adapters/s3.ts'
import { readTopic, type TopicRecord } from '../../cli/read-topic.ts'
import { type Broker, startBroker } from '../../localstack/broker.ts'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'
import { mappingDefaults } from '../../localstack/event-source/mappings.ts'
import { startEventSource } from '../../localstack/event-source.ts'
import { runCommand } from '../run-command.ts'
import { produceForeign } from './librdkafka.ts'

let broker: Broker
let emulator: Emulator
let kafka: Kafka
let admin: Admin

before(async () => {
  broker = await startBroker()
  emulator = await startEmulator({ brokers: broker.brokers })
  Object.assign(process.env, emulator.env)
  kafka = connectKafka(broker.brokers, 'none')
  admin = kafka.admin()
  await admin.connect()
})

after(async () => {
  await admin.disconnect()
  await emulator.stop()
  await broker.stop()
})

async function readAll(topic: string): Promise<TopicRecord[]> {
  const records: TopicRecord[] = []
  for await (const batch of readTopic({ kafka, topic })) records.push(...batch)
  return records
}

/** A topic whose records two functions give up, batch by batch, into one bucket. */
async function giveUp(count: number) {
  const topic = `given-up-${randomUUID()}`
  const bucket = `failures-${randomUUID()}`
  await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: bucket }))
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true })
  await produceForeign(
    broker.brokers,
    Array.from({ length: count }, (_, row) => ({
      topic,
      codec: 'zstd' as const,
      partition: row % 2,
      key: row === 0 ? '' : row === 1 ? null : Buffer.from([0xff, row]),
      value: row === 2 ? null : row === 3 ? 'large '.repeat(300_000) : `value ${row}`, // 1.8 MB that only fit compressed
      headers: [
        ['b', Buffer.from([0xff])],
        ['constructor', null],
        ['__proto__', 'x'],
        ['b', ''],
      ],
    })),
  )
  const mapping = { ...mappingDefaults, topic, batchSize: 3, windowMs: 0, maxRetryCount: 0, destination: { kind: 's3', bucket } as const }
  const source = await startEventSource({
    brokers: broker.brokers,
    clusterArn: emulator.clusterArn,
    mappings: ['join', 'archive'].map(functionName => ({
      ...mapping,
      functionName,
      logicalId: functionName,
      groupId: `${topic}.${functionName}`,
    })),
    invoke: async () => ({ ok: false, kind: 'function', error: 'Error: no' }),
    retryWaitMs: () => 1,
  })
  while (source.status().some(({ discarded }) => discarded < count)) await delay(20)
  await source.stop()
  return { topic, bucket }
}

/** The ledger of failures is the definition's, so each test has a topic of its own. */
async function redrive(bucket: string, ...flags: string[]) {
  const { exitCode, stdout, stderr } = await runCommand(
    ...['redrive', '--from', 'failures', '--bucket', bucket, '--brokers', broker.brokers, '--json', ...flags],
  )
  return { exitCode, stderr, counts: JSON.parse(stdout) }
}

const contentOf = ({ partition, key, value, headers }: TopicRecord) => ({ partition, key, value, headers })

describe('millrace redrive --from failures', () => {
  it('puts back what Lambda gave up, byte for byte, in its partitions and order, once, whoever gave it up and however often it is run', async () => {
    const { topic, bucket } = await giveUp(10)
    const before = await readAll(topic)
    assert.equal(before.length, 10)
    const dry = await redrive(bucket, '--dry-run')
    assert.deepEqual([dry.counts.redriven, dry.counts.repeated, (await readAll(topic)).length], [10, 10, 10])

    const some = await redrive(bucket, '--limit', '4')
    assert.deepEqual([some.exitCode, some.stderr, some.counts.redriven], [0, '', 4])
    const rest = await redrive(bucket)
    assert.deepEqual([rest.counts.redriven, rest.counts.byCode, rest.counts.byTopic], [6, { RetryAttemptsExhausted: 6 }, { [topic]: 6 }])
    const again = await redrive(bucket)
    assert.deepEqual([again.counts.redriven, again.counts.before, again.counts.error], [0, 20, null])

    const all = await readAll(topic)
    assert.equal(all.length, 20)
    for (const partition of [0, 1]) {
      const [first, second] = [before, all.slice()].map(records => records.filter(record => record.partition === partition).map(contentOf))
      assert.deepEqual(second, [...first, ...first])
    }
  })
  it('fetches from the topic what the object holds no content of, and says what is kept nowhere', async () => {
    const { topic, bucket } = await giveUp(6)
    const store = s3Store(bucket)
    for (const key of await store.list('')) {
      const { payload: _, ...rest } = JSON.parse(Buffer.from((await store.get(key))!.body).toString())
      await store.put(key, Buffer.from(JSON.stringify(rest)))
    }
    await admin.fetchTopicOffsets(topic) // kafkajs deletes only from a topic whose leaders it knows
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 1, offset: '1' }] })
    const { exitCode, counts } = await redrive(bucket)
    assert.deepEqual([exitCode, counts.redriven, counts.gone], [1, 5, 2])
    const all = await readAll(topic)
    const [first] = all.filter(({ partition }) => partition === 0)
    assert.deepEqual(contentOf(all.filter(({ partition }) => partition === 0)[3]), contentOf(first))
  })
  it('rejects a bucket that is not there', async () => {
    const { exitCode, stderr } = await runCommand('redrive', '--from', 'failures', '--bucket', 'nowhere', '--brokers', broker.brokers)
    assert.equal(exitCode, 1)
    assert.match(stderr, /bucket nowhere: there is no such bucket/)
  })
})
