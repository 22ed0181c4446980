import { createHash } from 'node:crypto'
import { readClaim } from '#functions/claims.ts'
import { splitHeaders } from '#functions/headers.ts'
import type { KafkaRecord, ObjectStore } from '#functions/ports.ts'
import { countRedrives, parseRejected, type Rejection, rejectionHeaders, toRedriven } from '#functions/rejected.ts'
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
  const place = toPlace(record, rejection)
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
 * What a rejected record is known by: the step that rejected it, where it stood in its own topic, and a hash of what it held, since a topic that
 * was made anew counts from 0 again. Not where the rejection stands: a batch that comes again writes its rejections again.
 *
 * @example toPlace(record, rejection) // 'preprocess/flights.events/2/40/9f86d081884c7d65'
 */
function toPlace({ key, value, headers }: KafkaRecord, { step, source }: Rejection): string {
  const [own] = splitHeaders(headers, rejectionHeaders)
  const content = JSON.stringify([key, value, ...own.flat()].map(part => (Buffer.isBuffer(part) ? part.toString('base64') : part)))
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16)
  return [step, source.topic, source.partition, source.offset, hash].join('/')
}
