import { MillraceError } from '#models/errors.ts'
import { type TopicSuffix, topicName, topicSuffixes } from '#models/topics.ts'
import type { Settings } from './setting-table.ts'

const dayMs = 86_400_000

interface TopicSetting {
  readonly partitionCount: number
  readonly retentionMs: number
  readonly cleanupPolicy: 'delete' | 'compact'
  readonly maxMessageBytes?: number
}

/**
 * How each topic is laid out. Partitions bound how many batches of a topic run at once: a deployment adds what is missing and takes none
 * away.
 */
export const topicSettings: Readonly<Record<TopicSuffix, TopicSetting>> = {
  events: { partitionCount: 6, retentionMs: 7 * dayMs, cleanupPolicy: 'delete' },
  labels: { partitionCount: 6, retentionMs: 7 * dayMs, cleanupPolicy: 'delete' },
  'labels-waiting': { partitionCount: 6, retentionMs: 3 * dayMs, cleanupPolicy: 'delete' }, // every round writes the label anew
  features: { partitionCount: 6, retentionMs: 3 * dayMs, cleanupPolicy: 'delete' },
  predictions: { partitionCount: 6, retentionMs: 7 * dayMs, cleanupPolicy: 'delete' },
  feedback: { partitionCount: 6, retentionMs: 7 * dayMs, cleanupPolicy: 'delete' },
  // A rejected record holds its original whole, and headers lengthen it: more than Kafka's 1 MiB must fit
  rejected: { partitionCount: 6, retentionMs: 14 * dayMs, cleanupPolicy: 'delete', maxMessageBytes: 4 * 1_048_576 },
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
 * Only a provisioned cluster lets a topic say how many replicas must have a record: all but one, so that a broker may be away. The others
 * have settled it.
 *
 * @throws MillraceError SETTING_INVALID for a name that Kafka refuses
 * @example planTopics('flights', { cluster: { kind: 'serverless' }, brokerCount: 3 })[0].name // 'flights.events'
 */
export function planTopics(pipeline: string, { cluster: { kind }, brokerCount }: Pick<Settings, 'cluster' | 'brokerCount'>): TopicPlan[] {
  const replicaCount = { provisioned: Math.min(3, brokerCount), serverless: 3, existing: -1 }[kind]
  return topicSuffixes.map(suffix => {
    const { partitionCount, retentionMs, cleanupPolicy, maxMessageBytes } = topicSettings[suffix]
    return {
      name: checkTopicName(topicName(pipeline, suffix)),
      partitionCount,
      replicaCount,
      configs: {
        'cleanup.policy': cleanupPolicy,
        'retention.ms': String(retentionMs),
        ...(kind === 'provisioned' && { 'min.insync.replicas': String(replicaCount - 1) }),
        ...(maxMessageBytes !== undefined && { 'max.message.bytes': String(maxMessageBytes) }),
      },
    }
  })
}

function checkTopicName(name: string): string {
  if (/^[\w.-]{1,249}$/.test(name)) return name
  throw new MillraceError(
    'SETTING_INVALID',
    `a topic's name must be 1 to 249 letters, digits, dots, dashes or underscores, got ${JSON.stringify(name)}; ` +
      "change the definition's name in models/pipeline.ts",
  )
}
