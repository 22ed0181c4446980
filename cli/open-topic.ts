import type { Kafka, KafkaJSError } from 'kafkajs'
import type { KafkaAuth } from '#functions/adapters/kafka-client.ts'
import { MillraceError } from '#models/errors.ts'
import { type Cluster, openCluster } from './open-cluster.ts'

/**
 * A client for the cluster, once a broker has answered and has the topic that `flag` names.
 *
 * @throws SERVER_FAILED where no broker answers within 15 s; ARGUMENT_INVALID where the topic is not there
 * @example const kafka = await openTopic({ brokers: '127.0.0.1:9092' }, 'none', 'flights.events')
 */
export function openTopic(cluster: Cluster, auth: KafkaAuth, topic: string, flag = '--topic'): Promise<Kafka> {
  return openCluster(cluster, auth, async (admin, brokers) => {
    try {
      await admin.fetchTopicMetadata({ topics: [topic] })
    } catch (cause) {
      const { type, message } = cause as KafkaJSError & { readonly type?: string }
      if (type !== 'UNKNOWN_TOPIC_OR_PARTITION' && type !== 'INVALID_TOPIC_EXCEPTION') throw cause
      const refusal = `${flag} must be a topic of ${brokers}, '${topic}' is not: ${message}; create it first`
      throw new MillraceError('ARGUMENT_INVALID', refusal, { cause })
    }
  })
}
