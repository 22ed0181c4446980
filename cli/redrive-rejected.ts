import type { KafkaRecord } from '#functions/ports.ts'
import { countRedrives, parseRejected, toRedriven } from '#functions/rejected.ts'
import { type TopicRecord, toStepRecord } from './read-topic.ts'
import type { Found } from './redrive-records.ts'

/** The records of a topic of rejections, each as it came to the step that rejected it. */
export async function* readRejected(batches: AsyncIterable<readonly TopicRecord[]>): AsyncGenerator<readonly Found[]> {
  for await (const batch of batches) yield batch.map(record => toFound(toStepRecord(record)))
}

function toFound(record: KafkaRecord): Found {
  const rejection = parseRejected(record)
  if (rejection === undefined) return 'unknown'
  const { code, step, source } = rejection
  const place = toPlace(record)
  const outgoing = toRedriven(record, source.topic, place)
  return { outgoing, partition: source.partition, place, code, step, atMs: record.recordedAtMs, attempts: countRedrives(record) }
}

/**
 * The name of a rejection's place: where it stands and when it was written, since a topic that was made anew counts from 0 again.
 *
 * @example toPlace({ partition: 2, offset: 40, recordedAtMs: 1700000000000, … }) // '2/40/1700000000000'
 */
function toPlace({ partition, offset, recordedAtMs }: Pick<KafkaRecord, 'partition' | 'offset' | 'recordedAtMs'>): string {
  return `${partition}/${offset}/${recordedAtMs}`
}
