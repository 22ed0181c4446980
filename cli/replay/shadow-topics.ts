import type { Admin, ITopicConfig } from 'kafkajs'
import { MillraceError } from '#models/errors.ts'
import { topicName } from '#models/topics.ts'

/** What a replay writes; its features stay in memory. */
const shadowSuffixes = ['predictions', 'rejected'] as const

/** The longest name that Kafka takes, less the longest suffix. */
const prefixLengthAtMost = 249 - '.predictions'.length

/**
 * Refuses what cannot be the name of a replay's topics: no name for Kafka, or the live pipeline's own.
 *
 * @throws ARGUMENT_INVALID
 */
export function checkPrefix(prefix: string, pipeline: string): void {
  if (!/^[a-zA-Z0-9._-]+$/.test(prefix) || prefix.length > prefixLengthAtMost) {
    const message = `--to-topic must be letters, digits, '.', '_' and '-', at most ${prefixLengthAtMost}, got '${prefix}'`
    throw new MillraceError('ARGUMENT_INVALID', message)
  }
  if (prefix === pipeline) {
    const message = `--to-topic must not be ${pipeline}: that is the live pipeline, whose topics a replay never writes to; try ${pipeline}-replay`
    throw new MillraceError('ARGUMENT_INVALID', message)
  }
}

/**
 * Refuses a prefix that is another pipeline's name: its topic of events is there.
 *
 * @throws ARGUMENT_INVALID
 */
export function checkFree(prefix: string, existing: readonly string[]): void {
  const events = topicName(prefix, 'events')
  if (!existing.includes(events)) return
  throw new MillraceError('ARGUMENT_INVALID', `--to-topic must not be ${prefix}: ${events} is there, so it is a live pipeline's name`)
}

/** The shadow topics that are still to be made, with as many partitions as the live topic has. */
export function toMissingTopics(prefix: string, existing: readonly string[], partitionCount: number | undefined): ITopicConfig[] {
  return shadowSuffixes
    .filter(suffix => !existing.includes(topicName(prefix, suffix)))
    .map(suffix => ({
      topic: topicName(prefix, suffix),
      ...(partitionCount === undefined ? {} : { numPartitions: partitionCount }),
    }))
}

/** Makes the shadow topics that are missing; those that are there stay as they are. */
export async function createShadowTopics(admin: Admin, prefix: string, pipeline: string): Promise<void> {
  const existing = await admin.listTopics()
  const live = topicName(pipeline, 'predictions')
  const topics = toMissingTopics(prefix, existing, existing.includes(live) ? await countPartitions(admin, live) : undefined)
  if (topics.length > 0) await admin.createTopics({ topics, waitForLeaders: true })
}

async function countPartitions(admin: Admin, topic: string): Promise<number> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  return topics[0].partitions.length
}
