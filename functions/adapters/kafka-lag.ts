import type { Admin } from 'kafkajs'

/** A consumer group and a topic that it reads. */
export interface GroupTopic {
  readonly group: string
  readonly topic: string
}

/** The offsets of a partition that a group has not committed: from `low` on and before `high`. */
export interface Gap {
  readonly partition: number
  readonly low: number
  readonly high: number
}

/** How many of a topic's records a group has not committed. */
export interface GroupLag extends GroupTopic {
  /** The offsets in all gaps, which the marks of transactions count among: `cli/record-lag.ts` leaves them out. */
  readonly lag: number
  /** The partitions that the group is behind on. */
  readonly gaps: readonly Gap[]
  /** Records ever written to the topic: what grows between two looks has arrived in between. */
  readonly written: number
}

/** What is asked of kafkajs' admin client. */
export type OffsetReader = Pick<Admin, 'fetchTopicOffsets' | 'fetchOffsets'>

/**
 * The lag of each group, over all partitions of its topic.
 *
 * A group that does not exist yet, or has committed nothing, begins at the oldest record, so it lags by all there are.
 *
 * @example await readLag(admin, [{ group: 'flights.infer.features', topic: 'flights.features' }]) // [{ group, topic, lag: 120, written: 4_000, gaps: [{ partition: 0, low: 880, high: 1_000 }] }]
 */
export async function readLag(admin: OffsetReader, groups: readonly GroupTopic[]): Promise<GroupLag[]> {
  // Commits first: what is written meanwhile may count too much, never too little.
  const commits = await Promise.all(groups.map(({ group, topic }) => readCommits(admin, group, topic)))
  const topics = [...new Set(groups.map(({ topic }) => topic))]
  const ends = new Map(await Promise.all(topics.map(async topic => [topic, await admin.fetchTopicOffsets(topic)] as const)))

  return groups.map(({ group, topic }, at) => {
    const offsets = ends.get(topic) ?? []
    const gaps = offsets
      .map(({ partition, low, high }) => ({
        partition,
        low: Math.max(Number(low), commits[at].get(partition) ?? 0),
        high: Number(high),
      }))
      .filter(({ low, high }) => high > low)
    const lag = gaps.reduce((sum, { low, high }) => sum + high - low, 0)
    const written = offsets.reduce((sum, { high }) => sum + Number(high), 0)
    return { group, topic, lag, written, gaps }
  })
}

/** The group's next offset by partition; -1 where it has committed nothing. */
export async function readCommits(admin: OffsetReader, groupId: string, topic: string): Promise<ReadonlyMap<number, number>> {
  const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] })
  return new Map((answer?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]))
}
