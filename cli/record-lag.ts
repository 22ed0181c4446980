import type { Kafka } from 'kafkajs'
import type { Gap, GroupLag } from '#functions/adapters/kafka-lag.ts'
import { readTopic } from './read-topic.ts'

/** How many records that a reader is shown stand in a gap. */
export type CountRecords = (topic: string, gap: Gap) => Promise<number>

/** A longer gap is taken at its offsets: the marks and the aborted records of transactions are few, and a backlog is not read to be counted. */
const lookAtMost = 1_000
const patienceMs = 3_000

/**
 * The lag in records, where the gaps that `isStill` picks are looked through: a transaction ends with a mark in each partition, which has an
 * offset and is no record, so that nobody ever commits it.
 *
 * A gap that cannot be looked through keeps its offsets.
 *
 * @example await toRecordLag(lag, () => true, countRecordsOf(kafka)) // { …, lag: 0, gaps: [] } where only marks are left
 */
export async function toRecordLag(lag: GroupLag, isStill: (gap: Gap) => boolean, countRecords: CountRecords): Promise<GroupLag> {
  const looked = await Promise.all(
    lag.gaps.map(async gap => {
      const offsets = gap.high - gap.low
      if (offsets > lookAtMost || !isStill(gap)) return { gap, records: offsets }
      return { gap, records: await countRecords(lag.topic, gap).catch(() => offsets) }
    }),
  )
  const held = looked.filter(({ records }) => records > 0)
  return { ...lag, lag: held.reduce((sum, { records }) => sum + records, 0), gaps: held.map(({ gap }) => gap) }
}

/** Counts by reading committed records, for a client of the cluster. */
export function countRecordsOf(kafka: Kafka): CountRecords {
  return async (topic, { partition, low, high }) => {
    let count = 0
    for await (const batch of readTopic({ kafka, topic, spans: new Map([[partition, { low, high }]]), patienceMs })) count += batch.length
    return count
  }
}
