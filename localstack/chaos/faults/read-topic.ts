import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import type { KafkaRecord } from '#functions/ports.ts'

/** Shows every record that is in the topic now, each partition in its order. */
export async function readTopic(kafka: Kafka, topic: string, onRecord: (record: KafkaRecord) => void): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const next = new Map(offsets.map(({ partition, low }) => [partition, Number(low)]))
  const isDone = () => offsets.every(({ partition, high }) => next.get(partition)! >= Number(high))
  if (isDone()) return

  const consumer = kafka.consumer({ groupId: `chaos-${randomUUID()}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { partition, messages } }) => {
      for (const { offset, timestamp, key, value, headers = {} } of messages) {
        if (Number(offset) < next.get(partition)!) continue // read before a rebalance
        next.set(partition, Number(offset) + 1)
        const pairs = Object.entries(headers).flatMap(([name, content]) =>
          [content].flat().map(part => [name, Buffer.from(part ?? '')] as const),
        )
        onRecord({ topic, partition, offset: Number(offset), recordedAtMs: Number(timestamp), key, value, headers: pairs })
      }
    },
  })
  while (!isDone()) await sleep(50)
  await consumer.disconnect()
}
