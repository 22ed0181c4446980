import type { Admin } from 'kafkajs'
import { type OffsetReader, readCommits } from '#functions/adapters/kafka-lag.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'

/** How far the steps have read one partition: the next offset of each, -1 where it has committed nothing. */
export interface PartitionOffsets {
  readonly topic: string
  readonly partition: number
  /** The oldest record that Kafka still has. */
  readonly lowOffset: number
  /** Of the step that counts it. */
  readonly counted: number
  readonly archive: number
}

/** Reads how far `preprocess`, of labels `join`, and `archive` have read every topic that feeds the definition's windows; one that is not made yet is left out. */
export async function readOffsets(
  admin: OffsetReader & Pick<Admin, 'listTopics'>,
  { name, windows }: Pick<Pipeline, 'name' | 'windows'>,
): Promise<PartitionOffsets[]> {
  const present = new Set(await admin.listTopics())
  const fed = (windows?.sources ?? []).filter(({ rings, joins }) => rings.length + joins.length > 0)
  const suffixes = fed.map(source => source.name).filter(suffix => present.has(`${name}.${suffix}`))
  const read = suffixes.map(async suffix => {
    const topic = `${name}.${suffix}`
    const counter = suffix === 'labels' ? 'join' : 'preprocess'
    const [partitions, counted, archive] = await Promise.all([
      admin.fetchTopicOffsets(topic),
      readCommits(admin, `${name}.${counter}.${suffix}`, topic),
      readCommits(admin, `${name}.archive.${suffix}`, topic),
    ])
    return partitions.map(({ partition, low }) => ({
      topic,
      partition,
      lowOffset: Number(low),
      counted: counted.get(partition) ?? -1,
      archive: archive.get(partition) ?? -1,
    }))
  })
  return (await Promise.all(read)).flat().sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition)
}

/**
 * Where the rebuild of a partition ends: where the step that counts it goes on.
 *
 * It begins with the oldest record where it has never read the topic: of events nothing from there on may be counted yet, for it is shown to
 * no event then; of all else everything archived is counted, and is passed over when it comes.
 */
export function toCut({ topic, counted, lowOffset, archive }: PartitionOffsets): number {
  if (counted >= 0) return counted
  return topic.endsWith('.events') ? lowOffset : Math.max(archive, 0)
}

/** Records that were counted and the archive does not hold yet. */
export function missingCount(offsets: PartitionOffsets): number {
  return Math.max(0, toCut(offsets) - Math.max(offsets.archive, 0))
}
