import { readClaim } from '#functions/claims.ts'
import type { KafkaRecord, ObjectStore } from '#functions/ports.ts'
import { countRedrives, parseRejected, toRedriven } from '#functions/rejected.ts'
import { type TopicRecord, toStepRecord } from './read-topic.ts'
import type { Found } from './redrive-records.ts'

interface RejectedParts {
  /** The archive's bucket, with the payloads that were too large for the topic. */
  readonly claims: Pick<ObjectStore, 'get'>
  /** Whether the ledger knows a place as one from which something was put back. */
  isRedriven(place: string): boolean
}

/** The records of a topic of rejections, each as it came to the step that rejected it. */
export async function* readRejected(
  batches: AsyncIterable<readonly TopicRecord[]>,
  parts: RejectedParts,
): AsyncGenerator<readonly Found[]> {
  for await (const batch of batches) {
    for (const record of batch) yield [await toFound(toStepRecord(record), parts)] // one by one: a payload that lies beside has megabytes
  }
}

async function toFound(record: KafkaRecord, { claims, isRedriven }: RejectedParts): Promise<Found> {
  const rejection = parseRejected(record)
  if (rejection === undefined) return 'unknown'
  const { code, step, source } = rejection
  const place = toPlace(record)
  const whole = await readClaim(record, claims)
  const original = whole.ok ? whole.value : record
  return {
    outgoing: toRedriven(original, source.topic, place, isRedriven),
    partition: source.partition,
    place,
    code,
    step,
    atMs: record.recordedAtMs,
    attempts: countRedrives(original, isRedriven),
    ...(whole.ok ? {} : { isGone: true }),
  }
}

/**
 * The name of a rejection's place: where it stands and when it was written, since a topic that was made anew counts from 0 again.
 *
 * @example toPlace({ partition: 2, offset: 40, recordedAtMs: 1700000000000, … }) // '2/40/1700000000000'
 */
function toPlace({ partition, offset, recordedAtMs }: Pick<KafkaRecord, 'partition' | 'offset' | 'recordedAtMs'>): string {
  return `${partition}/${offset}/${recordedAtMs}`
}
