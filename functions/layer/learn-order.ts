import type { KafkaRecord } from '../ports.ts'

type Placed = Pick<KafkaRecord, 'partition' | 'offset' | 'recordedAtMs'>

/**
 * The order in which records of several partitions are learnt: by the time that Kafka gave them, those of one partition by their offsets,
 * whatever their times say. It follows from the records alone, so that they give the same state when they are read again from the archive.
 */
export function toLearnOrder<Record extends Placed>(records: readonly Record[]): Record[] {
  const inOrder = records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
  const times = new Map<Record, number>()
  let newestMs = Number.NEGATIVE_INFINITY
  inOrder.forEach((record, at) => {
    const isFirst = at === 0 || record.partition !== inOrder[at - 1].partition
    newestMs = isFirst ? record.recordedAtMs : Math.max(newestMs, record.recordedAtMs)
    times.set(record, newestMs)
  })
  return inOrder.sort((a, b) => times.get(a)! - times.get(b)!) // stable: records of one time stay in the order above
}
