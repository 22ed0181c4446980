import type { Pipeline } from '#models/pipeline-compiler.ts'
import { toHourPath, toHourStart } from '../archived/hours.ts'
import type { EncodeTable, KafkaRecord, ObjectStore, Step } from '../ports.ts'
import { toColumns } from './columns.ts'

/**
 * Keeps every record in S3 as Parquet, one object for each partition and hour of a batch.
 *
 * The key holds the first and last offset, so a batch that comes again overwrites itself; one that was cut differently overlaps, and
 * readers keep one row for each (topic, partition, offset).
 */
export function makeArchive(ports: {
  readonly pipeline: Pipeline
  readonly store: Pick<ObjectStore, 'put'>
  readonly encode: EncodeTable
}): Step {
  const { pipeline, store, encode } = ports
  return async records => {
    const objects = Map.groupBy(records, toPrefix)
    for (const [prefix, group] of objects) {
      const lastOffset = group[group.length - 1].offset
      await store.put(`${prefix}-${group[0].offset}-${lastOffset}.parquet`, encode(toColumns(pipeline, group)))
    }
    return { counts: { archived: records.length, objects: objects.size } }
  }
}

/**
 * What the keys of a record's object begin with: its topic, the hour (UTC) in which Kafka took it, its partition.
 *
 * @example toPrefix(record) // 'flights.events/date=2026-11-23/hour=05/3'
 */
function toPrefix({ topic, partition, recordedAtMs }: KafkaRecord): string {
  return `${topic}/${toHourPath(toHourStart(recordedAtMs))}/${partition}`
}
