import { topicName } from '#models/topics.ts'
import type { ClaimTopic } from './claims.ts'
import { splitHeaders } from './headers.ts'
import type { KafkaRecord, OutgoingRecord } from './ports.ts'
import type { RejectionCode, Source } from './records.ts'

type Headers = KafkaRecord['headers']

/** Headers that are ours begin with this. A producer may write such names too: ours are the last of each name, and only on topics that only we write. */
const prefix = 'millrace-'

/** The headers of ours that every rejection has. */
export const rejectionHeaders = ['step', 'code', 'reason', 'topic', 'partition', 'offset'].map(name => prefix + name)

const attemptsHeader = `${prefix}attempts`
const redrivenHeader = `${prefix}redriven`

/** A rejection whose record is too large goes as a claim check: for `withClaims`, by the pipeline's name. */
export function rejectionClaims(pipeline: string): ClaimTopic {
  return { topic: topicName(pipeline, 'rejected'), ourNames: rejectionHeaders }
}

/** What is known of a rejection beside the record itself. */
export interface Rejection {
  readonly step: string
  readonly code: RejectionCode
  readonly reason: string
  readonly source: Source
}

/**
 * The record for topic `rejected`: key, value and headers as they came, byte for byte, and the rejection as headers of its own, after them.
 *
 * So a value of any encoding survives, and putting it back is sending it without our headers. One of any size does where the sender makes
 * claims of what is too large (`withClaims`).
 */
export function toRejected(topic: string, record: KafkaRecord, { step, code, reason }: Omit<Rejection, 'source'>): OutgoingRecord {
  const about = [step, code, reason.slice(0, 1000), record.topic, record.partition, record.offset]
  return {
    topic,
    key: record.key,
    value: record.value,
    headers: [...record.headers, ...rejectionHeaders.map((name, at) => [name, String(about[at])] as const)],
  }
}

/** Reads a rejection back; undefined where not all of its headers are there. */
export function parseRejected({ headers }: Pick<KafkaRecord, 'headers'>): Rejection | undefined {
  const last = new Map(headers)
  const about = rejectionHeaders.map(name => last.get(name)?.toString())
  const [step, code, reason, topic, partition, offset] = about
  if (step === undefined || code === undefined || reason === undefined || topic === undefined) return undefined
  const source = { topic, partition: toCount(partition), offset: toCount(offset) }
  if (Number.isNaN(source.partition + source.offset)) return undefined
  return { step, code: code as RejectionCode, reason, source }
}

/**
 * How often a rejected record was put back before, by the note that `toRedriven` left on it.
 *
 * The note came through a topic that others write too: it counts only where its place is one from which something was put back.
 */
export function countRedrives(record: Pick<KafkaRecord, 'headers'>, isRedriven: (place: string) => boolean): number {
  return takeNote(splitHeaders(record.headers, rejectionHeaders)[0], isRedriven).attempts
}

/**
 * A rejected record as it came, to be sent to its topic again: key, value and its own headers byte for byte, and two of ours, the place in
 * `rejected` that it comes from and how often it was put back.
 */
export function toRedriven(record: KafkaRecord, topic: string, place: string, isRedriven: (place: string) => boolean): OutgoingRecord {
  const { attempts, headers } = takeNote(splitHeaders(record.headers, rejectionHeaders)[0], isRedriven)
  return {
    topic,
    key: record.key,
    value: record.value,
    headers: [...headers, [redrivenHeader, place], [attemptsHeader, String(attempts + 1)]],
  }
}

/** The note of the last time a record was put back, and its headers without it. */
function takeNote(headers: Headers, isRedriven: (place: string) => boolean): { readonly attempts: number; readonly headers: Headers } {
  const last = new Map(headers)
  const place = last.get(redrivenHeader)?.toString()
  const attempts = toCount(last.get(attemptsHeader)?.toString())
  if (place === undefined || Number.isNaN(attempts) || !isRedriven(place)) return { attempts: 0, headers }
  return { attempts, headers: splitHeaders(headers, [redrivenHeader, attemptsHeader])[0] }
}

/** A whole number from 0 on, in digits; NaN for anything else. */
function toCount(text = ''): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(count) ? count : Number.NaN
}
