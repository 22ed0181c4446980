import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Broker, startBroker } from '../../localstack/broker.ts'
import { makeKafka, startConsumer } from '../../localstack/event-source/consumer.ts'
import { keepConsumer } from '../../localstack/event-source/keep-consumer.ts'
import { mappingDefaults } from '../../localstack/event-source/mappings.ts'
import { produceForeign } from './librdkafka.ts'

const mapping = { ...mappingDefaults, logicalId: 'Orders', functionName: 'orders', topic: 'orders', groupId: 'orders.infer' }

describe('a consumer on a real broker', () => {
  let broker: Broker
  before(async () => {
    broker = await startBroker()
  })
  after(() => broker.stop())

  it('starts anew after a crash that kafkajs itself would not survive, and reads on from what was committed', async () => {
    const kafka = makeKafka(broker.brokers, { log: () => {}, retryCount: 5 })
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: mapping.topic, numPartitions: 1 }], waitForLeaders: true })
    await produceForeign(
      broker.brokers,
      Array.from({ length: 10 }, (_, row) => ({ topic: mapping.topic, value: `order ${row}` })),
    )
    await admin.setOffsets({ groupId: mapping.groupId, topic: mapping.topic, partitions: [{ partition: 0, offset: '3' }] })
    await admin.disconnect()

    const offsets: number[] = []
    const crashes: string[] = []
    let restarts = 0
    const consumer = await keepConsumer({
      start: events =>
        startConsumer(kafka, mapping, {
          ...events,
          onRecords(partition, records) {
            if (restarts < 2) throw new TypeError('a record that nobody can read')
            events.onRecords(partition, records)
          },
        }),
      events: { onAssigned: () => {}, onRecords: (_, records) => void offsets.push(...records.map(({ offset }) => Number(offset))) },
      onCrash: error => void crashes.push(String(error)),
      onRestart: () => void restarts++,
      waitMs: () => 10,
    })
    while (offsets.length < 7) await delay(20)
    await consumer.disconnect()
    assert.deepEqual(offsets, [3, 4, 5, 6, 7, 8, 9])
    assert.equal(crashes.length, 2)
    for (const crash of crashes) assert.match(crash, /a record that nobody can read/)
  })
})
