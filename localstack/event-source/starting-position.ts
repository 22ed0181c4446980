import type { Admin } from 'kafkajs'
import type { Mapping } from './mappings.ts'

/** What the start needs of kafkajs' admin client. */
export type StartingPorts = Pick<Admin, 'fetchOffsets' | 'fetchTopicOffsetsByTimestamp' | 'setOffsets'>

/**
 * Puts a group that has committed nothing to the first records of its start time or later; the end of a partition that has none.
 *
 * A partition with a committed offset keeps it, as Lambda's does. TRIM_HORIZON and LATEST are Kafka's own and need nothing.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/msk-starting-positions.html
 */
export async function placeGroup(admin: StartingPorts, { topic, groupId, startsAt, startsAtMs }: Mapping): Promise<void> {
  if (startsAt !== 'AT_TIMESTAMP') return
  const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] })
  const unplaced = new Set(committed.partitions.filter(({ offset }) => Number(offset) < 0).map(({ partition }) => partition))
  if (unplaced.size === 0) return
  const starts = await admin.fetchTopicOffsetsByTimestamp(topic, startsAtMs)
  await admin.setOffsets({ groupId, topic, partitions: starts.filter(({ partition }) => unplaced.has(partition)) })
}
