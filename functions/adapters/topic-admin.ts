import type { ITopicMetadata } from 'kafkajs'
import type { TopicAdmin } from '../ports.ts'
import { connectKafka, findBrokers, type KafkaAuth } from './kafka-client.ts'

/** Kafka's numbers for settings of a topic, and for one that was set on the topic itself, not inherited. */
const ofTopic = 2
const setOnTopic = 1

/** A cluster's topics through kafkajs; close it after use. */
export async function openTopicAdmin(config: {
  readonly CLUSTER_ARN: string
  readonly KAFKA_AUTH: string
}): Promise<TopicAdmin & { close(): Promise<void> }> {
  const auth = config.KAFKA_AUTH as KafkaAuth
  return kafkaTopicAdmin(await findBrokers(config.CLUSTER_ARN, auth), auth)
}

/** The topics behind these brokers, `host:port,…`. */
export async function kafkaTopicAdmin(brokers: string, auth: KafkaAuth): Promise<TopicAdmin & { close(): Promise<void> }> {
  const admin = connectKafka(brokers, auth).admin()
  await admin.connect()
  return {
    async read(names) {
      const present = new Set(await admin.listTopics())
      const found = names.filter(name => present.has(name))
      if (found.length === 0) return new Map()
      const [{ topics }, { resources }] = await Promise.all([
        admin.fetchTopicMetadata({ topics: found }),
        admin.describeConfigs({ includeSynonyms: false, resources: found.map(name => ({ type: ofTopic, name })) }),
      ])
      return new Map(
        found.map(name => {
          const entries = resources.find(resource => resource.resourceName === name)?.configEntries ?? []
          const own = entries.filter(entry => entry.configSource === setOnTopic)
          const metadata = topics.find((topic: ITopicMetadata) => topic.name === name)
          return [
            name,
            {
              partitionCount: metadata?.partitions.length ?? 0,
              configs: Object.fromEntries(own.map(entry => [entry.configName, entry.configValue])),
            },
          ]
        }),
      )
    },
    async create(plans) {
      await admin.createTopics({
        waitForLeaders: true,
        topics: plans.map(({ name, partitionCount, replicaCount, configs }) => ({
          topic: name,
          numPartitions: partitionCount,
          replicationFactor: replicaCount,
          configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        })),
      })
    },
    async addPartitions(name, partitionCount) {
      await admin.createPartitions({ topicPartitions: [{ topic: name, count: partitionCount }] })
    },
    async configure(name, configs) {
      const configEntries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
      await admin.alterConfigs({ validateOnly: false, resources: [{ type: ofTopic, name, configEntries }] })
    },
    close: () => admin.disconnect(),
  }
}
