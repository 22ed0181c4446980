import { type Admin, type Kafka, logLevel } from 'kafkajs'
import { MillraceError } from '#models/errors.ts'
import { connectKafka, findBrokers, type KafkaAuth } from '../functions/adapters/kafka-client.ts'
import { withDeadline } from './deadline.ts'

/** A Kafka cluster by its brokers, `host:port,…`, or an MSK cluster by its ARN. */
export type Cluster = { readonly brokers: string } | { readonly clusterArn: string }

/** Longer than a broker takes to answer, and short enough to wait for at a terminal. */
const deadlineMs = 15_000

/**
 * A client for the cluster, once a broker has answered and `look` is done with what it wanted to see or make there.
 *
 * @throws SERVER_FAILED where no broker answers within 15 s; what `look` refuses passes through
 * @example const kafka = await openCluster({ brokers: '127.0.0.1:9092' }, 'none', async admin => console.log(await admin.listTopics()))
 */
export async function openCluster(
  cluster: Cluster,
  auth: KafkaAuth,
  look: (admin: Admin, brokers: string) => Promise<void>,
): Promise<Kafka> {
  const place = 'brokers' in cluster ? cluster.brokers : cluster.clusterArn
  try {
    return await withDeadline(connectAndLook(cluster, auth, look), deadlineMs)
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    const message = `no Kafka broker answers at ${place} with authentication '${auth}': ${(cause as Error).message}`
    throw new MillraceError('SERVER_FAILED', message, { retryable: true, cause })
  }
}

async function connectAndLook(cluster: Cluster, auth: KafkaAuth, look: (admin: Admin, brokers: string) => Promise<void>): Promise<Kafka> {
  const brokers = 'brokers' in cluster ? cluster.brokers : await findBrokers(cluster.clusterArn, auth)
  const kafka = connectKafka(brokers, auth)
  kafka.logger().setLogLevel(logLevel.NOTHING) // what fails is said once, by us
  const admin = kafka.admin()
  await admin.connect()
  try {
    await look(admin, brokers)
  } finally {
    await admin.disconnect()
  }
  return kafka
}
