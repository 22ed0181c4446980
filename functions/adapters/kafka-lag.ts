import type { Admin } from 'kafkajs'

/** A consumer group and a topic that it reads. */
export interface GroupTopic {
  readonly group: string
  readonly topic: string
}

/** How many of a topic's records a group has not committed. */
export interface GroupLag extends GroupTopic {
  readonly lag: number
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
 * @example await readLag(admin, [{ group: 'flights.infer.features', topic: 'flights.features' }]) // [{ group, topic, lag: 120, written: 4_000 }]
 */
export async function readLag(admin: OffsetReader, groups: readonly GroupTopic[]): Promise<GroupLag[]> {
  // Commits first: what is written meanwhile may count too much, never too little.
  const commits = await Promise.all(groups.map(({ group, topic }) => readCommits(admin, group, topic)))
  const topics = [...new Set(groups.map(({ topic }) => topic))]
  const ends = new Map(await Promise.all(topics.map(async topic => [topic, await admin.fetchTopicOffsets(topic)] as const)))

  return groups.map(({ group, topic }, at) => {
    let lag = 0
    let written = 0
    for (const { partition, low, high } of ends.get(topic) ?? []) {
      lag += Math.max(0, Number(high) - Math.max(Number(low), commits[at].get(partition) ?? 0))
      written += Number(high)
    }
    return { group, topic, lag, written }
  })
}

/** The group's next offset by partition; -1 where it has committed nothing. */
export async function readCommits(admin: OffsetReader, groupId: string, topic: string): Promise<ReadonlyMap<number, number>> {
  const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] })
  return new Map((answer?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]))
}
