import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { openConsumer } from '#functions/adapters/kafka-wire.ts'
import { type Broker, startBroker } from '../../localstack/broker.ts'

describe('startBroker', () => {
  let broker: Broker
  let kafka: Kafka
  before(async () => {
    broker = await startBroker()
    kafka = new Kafka({ brokers: broker.brokers.split(','), logLevel: logLevel.NOTHING, retry: { retries: 2 } })
  })
  after(() => broker.stop())

  it('keeps a record of any age for a consumer', async () => {
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'flights' }], waitForLeaders: true })
    const producer = kafka.producer({ idempotent: true })
    await producer.connect()
    await producer.send({ topic: 'flights', messages: [{ key: 'F1', value: 'late', timestamp: String(Date.UTC(2001, 0, 1)) }] })
    const consumer = openConsumer(kafka, { groupId: 'readers' })
    await consumer.subscribe({ topic: 'flights', fromBeginning: true })
    const value = await new Promise(resolve => {
      consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) })
    })
    assert.equal(value, 'late')
    await Promise.all([admin.disconnect(), producer.disconnect(), consumer.disconnect()])
  })
  it('rejects a record for a topic that nobody created', async () => {
    const producer = kafka.producer()
    await producer.connect()
    await assert.rejects(producer.send({ topic: 'nowhere', messages: [{ value: 'x' }] }), /does not host this topic-partition/)
    await producer.disconnect()
  })
  it('starts empty beside another one', async () => {
    const other = await startBroker()
    const client = new Kafka({ brokers: other.brokers.split(','), logLevel: logLevel.NOTHING }).admin()
    await client.connect()
    const topics = await client.listTopics()
    await client.disconnect()
    await other.stop()
    assert.deepEqual(topics, [])
  })
})
