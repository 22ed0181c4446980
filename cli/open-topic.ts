import { type Kafka, type KafkaJSError, logLevel } from 'kafkajs'
import { MillraceError } from '#models/errors.ts'
import { connectKafka, findBrokers, type KafkaAuth } from '../functions/adapters/kafka-client.ts'
import { withDeadline } from './deadline.ts'

/** A Kafka cluster by its brokers, `host:port,…`, or an MSK cluster by its ARN. */
export type Cluster = { readonly brokers: string } | { readonly clusterArn: string }

/** Longer than a broker takes to answer, and short enough to wait for at a terminal. */
const deadlineMs = 15_000

/**
 * A client for the cluster, once a broker has answered and has the topic that `flag` names.
 *
 * @throws SERVER_FAILED where no broker answers within 15 s; ARGUMENT_INVALID where the topic is not there
 * @example const kafka = await openTopic({ brokers: '127.0.0.1:9092' }, 'none', 'flights.events')
 */
export async function openTopic(cluster: Cluster, auth: KafkaAuth, topic: string, flag = '--topic'): Promise<Kafka> {
  const place = 'brokers' in cluster ? cluster.brokers : cluster.clusterArn
  try {
    return await withDeadline(findTopic(cluster, auth, topic, flag), deadlineMs)
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    const message = `no Kafka broker answers at ${place} with authentication '${auth}': ${(cause as Error).message}`
    throw new MillraceError('SERVER_FAILED', message, { retryable: true, cause })
  }
}

async function findTopic(cluster: Cluster, auth: KafkaAuth, topic: string, flag: string): Promise<Kafka> {
  const brokers = 'brokers' in cluster ? cluster.brokers : await findBrokers(cluster.clusterArn, auth)
  const kafka = connectKafka(brokers, auth)
  kafka.logger().setLogLevel(logLevel.NOTHING) // what fails is said once, by us
  const admin = kafka.admin()
  await admin.connect()
  try {
    await admin.fetchTopicMetadata({ topics: [topic] })
  } catch (cause) {
    const { type, message } = cause as KafkaJSError & { readonly type?: string }
    if (type !== 'UNKNOWN_TOPIC_OR_PARTITION' && type !== 'INVALID_TOPIC_EXCEPTION') throw cause
    const refusal = `${flag} must be a topic of ${brokers}, '${topic}' is not: ${message}; create it first`
    throw new MillraceError('ARGUMENT_INVALID', refusal, { cause })
  } finally {
    await admin.disconnect()
  }
  return kafka
}
