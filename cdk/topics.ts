import { MillraceError } from '#models/errors.ts'
import type { PipelineTopic, TopicKind } from '#models/topics.ts'
import type { Settings } from './setting-table.ts'
import { countZones } from './zones.ts'

const dayMs = 86_400_000

interface TopicSetting {
  readonly partitionCount: number
  /** How long a record is kept; of a compacted topic, how long one that was replaced or taken away can still be read. */
  readonly retentionMs: number
  readonly cleanupPolicy: 'delete' | 'compact'
}

/**
 * How each topic is laid out. Partitions bound how many batches of a topic run at once: a deployment adds what is missing and takes none
 * away.
 */
export const topicSettings: Readonly<Record<TopicKind, TopicSetting>> = {
  events: { partitionCount: 6, retentionMs: 7 * dayMs, cleanupPolicy: 'delete' },
  labels: { partitionCount: 6, retentionMs: 7 * dayMs, cleanupPolicy: 'delete' },
  features: { partitionCount: 6, retentionMs: 3 * dayMs, cleanupPolicy: 'delete' },
  predictions: { partitionCount: 6, retentionMs: 7 * dayMs, cleanupPolicy: 'delete' },
  feedback: { partitionCount: 6, retentionMs: 7 * dayMs, cleanupPolicy: 'delete' },
  rejected: { partitionCount: 6, retentionMs: 14 * dayMs, cleanupPolicy: 'delete' },
  table: { partitionCount: 6, retentionMs: 7 * dayMs, cleanupPolicy: 'compact' },
  stream: { partitionCount: 6, retentionMs: 7 * dayMs, cleanupPolicy: 'delete' },
}

/** A topic as a cluster is asked for it; a replica count of -1 is the cluster's own default. */
export interface TopicPlan {
  readonly name: string
  readonly partitionCount: number
  readonly replicaCount: number
  /** Kafka's own settings of a topic. */
  readonly configs: Readonly<Record<string, string>>
}

/**
 * The topics of a pipeline on a kind of cluster.
 *
 * On a provisioned cluster every zone has a copy, however many brokers there are: a topic keeps its replicas for life, so their number
 * must not follow one that a deployment may change. Only there does a topic say how many copies a record needs: all but one, so that a
 * broker may be away. The others have settled it.
 *
 * @throws MillraceError SETTING_INVALID for a name that Kafka refuses
 * @example planTopics(topicsOf(pipeline), { cluster: { kind: 'serverless' }, brokerCount: 3 })[0].name // 'flights.events'
 */
export function planTopics(
  topics: readonly PipelineTopic[],
  settings: Pick<Settings, 'cluster' | 'vpcId' | 'subnetIds' | 'zones'>,
): TopicPlan[] {
  const { kind } = settings.cluster
  const replicaCount = { provisioned: countZones(settings), serverless: 3, existing: -1 }[kind]
  return topics.map(topic => {
    const setting = topicSettings[topic.kind]
    return {
      name: checkTopicName(topic.name),
      partitionCount: setting.partitionCount,
      replicaCount,
      configs: {
        ...toRetention(setting, kind),
        // By the broker's clock, not by what a producer says: retention and a mapping's record age count from when a record came here
        'message.timestamp.type': 'LogAppendTime',
        ...(kind === 'provisioned' && { 'min.insync.replicas': String(replicaCount - 1) }),
      },
    }
  })
}

/**
 * How records go. A table's replaced rows and its removals stay as long as another topic's records, so that a step that was away for days
 * misses none; MSK Serverless does not let that be set.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/serverless-config.html
 */
function toRetention({ cleanupPolicy, retentionMs }: TopicSetting, kind: Settings['cluster']['kind']): Record<string, string> {
  if (cleanupPolicy === 'delete') return { 'cleanup.policy': 'delete', 'retention.ms': String(retentionMs) }
  if (kind === 'serverless') return { 'cleanup.policy': 'compact' }
  return { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': String(retentionMs), 'delete.retention.ms': String(retentionMs) }
}

function checkTopicName(name: string): string {
  if (/^[\w.-]{1,249}$/.test(name)) return name
  throw new MillraceError(
    'SETTING_INVALID',
    `a topic's name must be 1 to 249 letters, digits, dots, dashes or underscores, got ${JSON.stringify(name)}; ` +
      "change the definition's name in models/pipeline.ts",
  )
}
