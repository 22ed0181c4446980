import type { Kafka } from 'kafkajs'
import { type TopicKind, type Topology, topicsOf } from '#models/topics.ts'

/** Partitions of each topic: two functions side by side on two cores, and more than one partition in a batch. */
const partitionCount = 4

/** As in a deployment (cdk/topics.ts): when a record came, no producer may say. */
const brokerClock = { name: 'message.timestamp.type', value: 'LogAppendTime' }

const configsOf: Partial<Record<TopicKind, { readonly name: string; readonly value: string }[]>> = {
  table: [{ name: 'cleanup.policy', value: 'compact' }],
}

/** Creates the pipeline's topics where they are missing; those that are there stay as they are. */
export async function createTopics(kafka: Kafka, pipeline: Topology): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: topicsOf(pipeline).map(({ name, kind }) => ({
        topic: name,
        numPartitions: partitionCount,
        replicationFactor: 1,
        configEntries: [brokerClock, ...(configsOf[kind] ?? [])],
      })),
    })
  } finally {
    await admin.disconnect()
  }
}
