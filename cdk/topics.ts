import type { TopicSuffix } from '#models/topics.ts'

const dayMs = 86_400_000

interface TopicSetting {
  readonly partitionCount: number
  readonly retentionMs: number
  readonly maxMessageBytes?: number
}

/** How each topic of a created cluster is laid out. Partitions bound how many batches of a topic run at once. */
export const topicSettings: Readonly<Record<TopicSuffix, TopicSetting>> = {
  events: { partitionCount: 6, retentionMs: 7 * dayMs },
  labels: { partitionCount: 6, retentionMs: 7 * dayMs },
  'labels-waiting': { partitionCount: 6, retentionMs: 3 * dayMs }, // every round writes the label anew
  features: { partitionCount: 6, retentionMs: 3 * dayMs },
  predictions: { partitionCount: 6, retentionMs: 7 * dayMs },
  feedback: { partitionCount: 6, retentionMs: 7 * dayMs },
  // A rejected record holds its original whole, and JSON may lengthen it: more than Kafka's 1 MiB must fit
  rejected: { partitionCount: 6, retentionMs: 14 * dayMs, maxMessageBytes: 4 * 1_048_576 },
}

/** Kafka's settings of a topic as `AWS::MSK::Topic` takes them: JSON in base64. */
export function toConfigs(suffix: TopicSuffix): string {
  const { retentionMs, maxMessageBytes } = topicSettings[suffix]
  const configs = {
    'cleanup.policy': 'delete',
    'min.insync.replicas': '2',
    'retention.ms': String(retentionMs),
    ...(maxMessageBytes === undefined ? {} : { 'max.message.bytes': String(maxMessageBytes) }),
  }
  return Buffer.from(JSON.stringify(configs)).toString('base64')
}
