import type { ObjectStore } from '#functions/ports.ts'

/** An object of the archive, as its key tells. */
export interface ArchiveObject {
  readonly key: string
  readonly partition: number
  readonly firstOffset: number
  readonly lastOffset: number
  /** The start of the hour (UTC) in which its records reached Kafka. */
  readonly hourMs: number
}

const keyShape = /\/date=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})\/(\d+)-(\d+)-(\d+)\.parquet$/

/** The archive's objects of a topic by partition, in the order of their first offsets; other objects under its name are passed over. */
export async function indexTopic(
  archive: Pick<ObjectStore, 'list'>,
  topic: string,
): Promise<ReadonlyMap<number, readonly ArchiveObject[]>> {
  const objects = (await archive.list(`${topic}/`)).flatMap(key => toObject(key) ?? [])
  return Map.groupBy(
    objects.sort((a, b) => a.firstOffset - b.firstOffset || a.lastOffset - b.lastOffset),
    ({ partition }) => partition,
  )
}

/** @example toObject('flights.events/date=2026-11-23/hour=05/3-100-199.parquet') // { partition: 3, firstOffset: 100, … } */
export function toObject(key: string): ArchiveObject | undefined {
  const found = keyShape.exec(key)
  if (!found) return undefined
  const [, date, hour, ...numbers] = found
  const [partition, firstOffset, lastOffset] = numbers.map(Number)
  return { key, partition, firstOffset, lastOffset, hourMs: Date.parse(`${date}T${hour}:00:00Z`) }
}
