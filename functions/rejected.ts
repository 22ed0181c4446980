import type { KafkaRecord, OutgoingRecord } from './ports.ts'
import type { RejectionCode, Source } from './records.ts'

/** Headers that a rejection adds begin with this; all others are the record's own. */
const prefix = 'millrace-'

const attemptsHeader = `${prefix}attempts`
const redrivenHeader = `${prefix}redriven`

/** What is known of a rejection beside the record itself. */
export interface Rejection {
  readonly step: string
  readonly code: RejectionCode
  readonly reason: string
  readonly source: Source
}

/**
 * The record for topic `rejected`: key, value and headers as they came, byte for byte, and the rejection as headers of its own.
 *
 * So a value of any size or encoding survives, and putting it back is sending it without our headers.
 */
export function toRejected(topic: string, record: KafkaRecord, { step, code, reason }: Omit<Rejection, 'source'>): OutgoingRecord {
  const about = { step, code, reason: reason.slice(0, 1000), topic: record.topic, partition: record.partition, offset: record.offset }
  return {
    topic,
    key: record.key,
    value: record.value,
    headers: [...record.headers, ...Object.entries(about).map(([name, value]) => [prefix + name, String(value)] as const)],
  }
}

/** Reads a rejection back; undefined where the headers are not there. */
export function parseRejected(record: KafkaRecord): Rejection | undefined {
  const about = new Map(
    record.headers.filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value.toString()]),
  )
  const topic = about.get('topic')
  if (topic === undefined) return undefined
  return {
    step: about.get('step') ?? '',
    code: about.get('code') as RejectionCode,
    reason: about.get('reason') ?? '',
    source: { topic, partition: Number(about.get('partition')), offset: Number(about.get('offset')) },
  }
}

/** How often a rejected record was put back before. */
export function countRedrives({ headers }: Pick<KafkaRecord, 'headers'>): number {
  const last = headers.findLast(([name]) => name === attemptsHeader)
  return last ? Number(last[1].toString()) : 0
}

/**
 * A rejected record as it came, to be sent to its topic again: key, value and its own headers byte for byte, and of ours only two,
 * the place in `rejected` that it comes from and how often it was put back.
 */
export function toRedriven(record: KafkaRecord, topic: string, place: string): OutgoingRecord {
  return {
    topic,
    key: record.key,
    value: record.value,
    headers: [
      ...record.headers.filter(([name]) => !name.startsWith(prefix)),
      [redrivenHeader, place],
      [attemptsHeader, String(countRedrives(record) + 1)],
    ],
  }
}
