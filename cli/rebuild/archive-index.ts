import { toSmallObject } from '#functions/archived/keys.ts'
import type { ArchiveReader } from '../replay/archive-reader.ts'

/** What an object of the archive holds of one partition. A small object has one partition, a compacted one all. */
export interface ArchivePart {
  readonly key: string
  readonly partition: number
  readonly firstOffset: number
  readonly lastOffset: number
  /** The start of the hour (UTC) in which its records reached Kafka. */
  readonly hourStartMs: number
}

/** What the archive holds of a topic by partition, in the order of first offsets. */
export async function indexTopic(
  archive: Pick<ArchiveReader, 'listHours'>,
  topic: string,
): Promise<ReadonlyMap<number, readonly ArchivePart[]>> {
  const parts = (await archive.listHours(topic)).flatMap(({ hourStartMs, manifest, tail }): ArchivePart[] => [
    ...(manifest?.objects ?? []).flatMap(({ key, offsets }) =>
      offsets.map(({ partition, first, last }) => ({ key, partition, firstOffset: first, lastOffset: last, hourStartMs })),
    ),
    ...tail.flatMap(key => toSmallObject(key) ?? []),
  ])
  return Map.groupBy(
    parts.sort((a, b) => a.firstOffset - b.firstOffset || a.lastOffset - b.lastOffset),
    ({ partition }) => partition,
  )
}
