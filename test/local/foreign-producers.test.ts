import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Admin, CompressionTypes, type Kafka } from 'kafkajs'
import type { Header } from '#functions/adapters/kafka-batches.ts'
import { connectKafka } from '#functions/adapters/kafka-client.ts'
import { readTopic, type TopicRecord } from '../../cli/read-topic.ts'
import { type Broker, startBroker } from '../../localstack/broker.ts'
import { mappingDefaults } from '../../localstack/event-source/mappings.ts'
import { startEventSource } from '../../localstack/event-source.ts'
import { type ForeignRecord, produceForeign } from './librdkafka.ts'

let broker: Broker
let kafka: Kafka
let admin: Admin

before(async () => {
  broker = await startBroker()
  kafka = connectKafka(broker.brokers, 'none')
  admin = kafka.admin()
  await admin.connect()
})

after(async () => {
  await admin.disconnect()
  await broker.stop()
})

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const headers: readonly Header[] = [
  ['a', Buffer.from([0xff])],
  ['constructor', Buffer.from('x')],
  ['__proto__', null],
  ['toString', Buffer.from('y')],
  ['a', Buffer.alloc(0)],
]

/** A topic with a batch of each codec: records with hostile headers, keys and values that are empty and null, and one of 900 kB. */
async function makeTopic(): Promise<string> {
  const topic = `strangers-${randomUUID()}`
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
  const records = codecs.flatMap((codec): ForeignRecord[] => [
    { topic, codec, key: codec, value: 'v', headers },
    { topic, codec, key: '', value: '' },
    { topic, codec, key: null, value: null },
    { topic, codec, key: 'large', value: 'large '.repeat(150_000) },
  ])
  await produceForeign(broker.brokers, records)
  return topic
}

const expected = codecs.flatMap(codec => [
  [codec, 'v', headers.map(([name, value]) => [name, value && [...new Int8Array(value)]])],
  ['', '', []],
  [null, null, []],
  ['large', 'large '.repeat(150_000), []],
])

describe('records of a producer that is not kafkajs', () => {
  it('are read from a topic, whatever their codec, headers in their order, null apart from empty', async () => {
    const topic = await makeTopic()
    const read: TopicRecord[] = []
    for await (const batch of readTopic({ kafka, topic })) read.push(...batch)
    const pairs = (record: TopicRecord) => record.headers.map(([name, value]) => [name, value && [...new Int8Array(value)]])
    assert.deepEqual(
      read.map(record => [record.key && String(record.key), record.value && String(record.value), pairs(record)]),
      expected,
    )
  })
  it('reach a function through the event source, and nothing restarts', async () => {
    const topic = await makeTopic()
    const seen: unknown[] = []
    const source = await startEventSource({
      brokers: broker.brokers,
      clusterArn: 'arn:aws:kafka:local',
      mappings: [{ ...mappingDefaults, logicalId: 'Strangers', functionName: 'strangers', topic, groupId: `group-${topic}` }],
      async invoke(_, payload) {
        const event: { records: Record<string, { key?: string; value?: string; headers: object[] }[]> } = JSON.parse(String(payload))
        for (const { key, value, headers } of Object.values(event.records).flat()) {
          const text = (base64?: string) => (base64 === undefined ? null : Buffer.from(base64, 'base64').toString())
          seen.push([text(key), text(value), headers.flatMap(header => Object.entries(header))])
        }
        return { ok: true, response: null }
      },
    })
    while (source.status()[0].records < expected.length) await delay(20)
    await source.stop()
    assert.deepEqual(seen, expected)
    assert.equal(source.status()[0].restarts, 0)
  })
  it('are read from the middle of a compressed batch, as far as is asked for', async () => {
    const topic = `spans-${randomUUID()}`
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true })
    const producer = kafka.producer()
    await producer.connect()
    for (const partition of [0, 1]) {
      const messages = Array.from({ length: 20 }, (_, row) => ({ partition, value: `${partition}:${row}` }))
      await producer.send({ topic, compression: CompressionTypes.GZIP, messages })
    }
    await producer.disconnect()
    const valuesOf = async (spans: [number, { low: number; high: number }][]) => {
      const values: string[] = []
      for await (const batch of readTopic({ kafka, topic, spans: new Map(spans) })) values.push(...batch.map(({ value }) => String(value)))
      return values
    }
    assert.deepEqual(await valuesOf([[1, { low: 7, high: 10 }]]), ['1:7', '1:8', '1:9'])
    assert.deepEqual(await valuesOf([[0, { low: 18, high: 99 }]]), ['0:18', '0:19'])
    assert.deepEqual(await valuesOf([[0, { low: 20, high: 30 }]]), [])
  })
})
