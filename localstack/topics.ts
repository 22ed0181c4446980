import type { Kafka } from 'kafkajs'
import { topicName, topicSuffixes } from '#models/topics.ts'

/** Partitions of each topic: two functions side by side on two cores, and more than one partition in a batch. */
const partitionCount = 4

/** A rejected record holds its original whole and says why in headers: a broker's usual 1 MiB must not stop it. */
const rejectedBytes = 4 * 1_048_576

/** Creates the pipeline's topics where they are missing; those that are there stay as they are. */
export async function createTopics(kafka: Kafka, pipeline: string): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: topicSuffixes.map(suffix => ({
        topic: topicName(pipeline, suffix),
        numPartitions: partitionCount,
        replicationFactor: 1,
        configEntries: suffix === 'rejected' ? [{ name: 'max.message.bytes', value: String(rejectedBytes) }] : [],
      })),
    })
  } finally {
    await admin.disconnect()
  }
}
