import { DescribeClusterCommand, DescribeClusterV2Command, type KafkaClient } from '@aws-sdk/client-kafka'
import type { Admin } from 'kafkajs'

/** An MSK cluster, as MSK and its brokers tell. */
export interface ClusterStatus {
  readonly name: string
  readonly kind: 'provisioned' | 'serverless'
  /** MSK's word: ACTIVE, UPDATING, … */
  readonly state: string
  /** Null for a serverless cluster: it names none. */
  readonly kafkaVersion: string | null
  /** `host:port` of the brokers that are in the cluster now. */
  readonly brokers: readonly string[]
}

export interface TopicStatus {
  readonly topic: string
  /** 0 where the topic is not there. */
  readonly partitionCount: number
  /** Partitions that have fewer copies in step than they should. */
  readonly behindCount: number
  /** The span of offsets that the topic holds now: its records, markers of transactions, and what compaction took away between them. */
  readonly recordCount: number
}

type MskCluster = Pick<ClusterStatus, 'name' | 'kind' | 'state' | 'kafkaVersion'>

/** What MSK says of the cluster. Where its newer call is not there, as on an emulator, the older one is asked, which knows provisioned clusters only. */
export async function describeCluster(client: KafkaClient, clusterArn: string): Promise<MskCluster> {
  try {
    const { ClusterInfo: info } = await client.send(new DescribeClusterV2Command({ ClusterArn: clusterArn }))
    if (info === undefined) throw new Error('no answer')
    const kind = info.ClusterType === 'SERVERLESS' ? 'serverless' : 'provisioned'
    return toCluster(kind, info, info.Provisioned?.CurrentBrokerSoftwareInfo?.KafkaVersion)
  } catch (newer) {
    try {
      const { ClusterInfo: info } = await client.send(new DescribeClusterCommand({ ClusterArn: clusterArn }))
      return toCluster('provisioned', info, info?.CurrentBrokerSoftwareInfo?.KafkaVersion)
    } catch {
      throw newer
    }
  }
}

function toCluster(
  kind: ClusterStatus['kind'],
  info: { readonly ClusterName?: string | undefined; readonly State?: string | undefined } | undefined,
  kafkaVersion: string | undefined,
): MskCluster {
  return { name: info?.ClusterName ?? 'unnamed', kind, state: info?.State ?? 'UNKNOWN', kafkaVersion: kafkaVersion ?? null }
}

/** The topics of these names: their partitions and records. One that is not there has no partitions. */
export async function readTopics(
  admin: Pick<Admin, 'listTopics' | 'fetchTopicMetadata' | 'fetchTopicOffsets'>,
  names: readonly string[],
): Promise<TopicStatus[]> {
  const present = new Set(await admin.listTopics())
  const found = names.filter(name => present.has(name))
  const { topics } = found.length === 0 ? { topics: [] } : await admin.fetchTopicMetadata({ topics: found })
  return Promise.all(
    names.map(async topic => {
      const partitions = topics.find(({ name }) => name === topic)?.partitions
      if (!partitions) return { topic, partitionCount: 0, behindCount: 0, recordCount: 0 }
      const offsets = await admin.fetchTopicOffsets(topic)
      return {
        topic,
        partitionCount: partitions.length,
        behindCount: partitions.filter(({ replicas, isr }) => isr.length < replicas.length).length,
        recordCount: offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0),
      }
    }),
  )
}
