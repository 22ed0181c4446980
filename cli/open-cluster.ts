import type { Admin, Kafka } from 'kafkajs'
import { withDeadline } from '#functions/adapters/deadline.ts'
import {
  connectKafka,
  findBrokers,
  type KafkaAuth,
  regionOfBrokers,
  regionOfCluster,
  signIamToken,
} from '#functions/adapters/kafka-client.ts'
import { toClusterFailure } from './cluster-failure.ts'

/** A Kafka cluster by its brokers, `host:port,…`, or an MSK cluster by its ARN. */
export type Cluster = { readonly brokers: string } | { readonly clusterArn: string }

/** What is seen or made at a cluster that answers. */
type Look = (admin: Admin, brokers: string, kafka: Kafka) => Promise<void>

/** Longer than a broker takes to answer, and short enough to wait for at a terminal. */
const defaultDeadlineMs = 15_000

/**
 * A client for the cluster, once a broker has answered and `look` is done with what it wanted to see or make there.
 *
 * @throws SERVER_FAILED that says what to do, where no broker answers in time; what `look` refuses passes through
 * @example const kafka = await openCluster({ brokers: '127.0.0.1:9092' }, 'none', async admin => console.log(await admin.listTopics()))
 */
export async function openCluster(
  cluster: Cluster,
  auth: KafkaAuth,
  look: Look,
  options: { readonly deadlineMs?: number } = {},
): Promise<Kafka> {
  const place = 'brokers' in cluster ? cluster.brokers : cluster.clusterArn
  try {
    return await withDeadline(connectAndLook(cluster, auth, look), options.deadlineMs ?? defaultDeadlineMs)
  } catch (cause) {
    throw toClusterFailure(place, auth, cause)
  }
}

async function connectAndLook(cluster: Cluster, auth: KafkaAuth, look: Look): Promise<Kafka> {
  const brokers = 'brokers' in cluster ? cluster.brokers : await findBrokers(cluster.clusterArn, auth)
  const region = 'brokers' in cluster ? regionOfBrokers(brokers) : regionOfCluster(cluster.clusterArn)
  if (auth === 'iam') await signIamToken(region) // without credentials kafkajs would try six times and say less
  const kafka = connectKafka(brokers, auth, region)
  const admin = kafka.admin()
  try {
    await admin.connect()
    await look(admin, brokers, kafka)
  } finally {
    await admin.disconnect()
  }
  return kafka
}
