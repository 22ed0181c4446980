import { MillraceError } from '#models/errors.ts'
import { isTimeMs } from '#models/fields.ts'
import type { KafkaRecord } from '../ports.ts'

/** A record in Lambda's event for a Kafka source: bytes in base64, headers as arrays of byte numbers. What Kafka does not have is null or absent. */
interface EventRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp?: number | null
  readonly key?: string | null
  readonly value?: string | null
  readonly headers?: readonly (Readonly<Record<string, readonly number[] | null>> | null)[] | null
}

/**
 * The records of a Kafka event, each partition in its order.
 *
 * No key and no value are null, empty ones are empty; a header without a value is empty. A record without a time, or with one that is not
 * of 1970 to 2100, as any producer may write, counts as recorded now.
 *
 * @throws MillraceError EVENT_INVALID for anything that is not Lambda's event of a Kafka source
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html
 */
export function toRecords(event: unknown, nowMs = Date.now()): KafkaRecord[] {
  const { eventSource, records } = (event ?? {}) as {
    readonly eventSource?: unknown
    readonly records?: Readonly<Record<string, EventRecord[]>>
  }
  if (eventSource !== 'aws:kafka' && eventSource !== 'SelfManagedKafka') {
    throw new MillraceError('EVENT_INVALID', `eventSource must be aws:kafka or SelfManagedKafka, got ${JSON.stringify(eventSource)}`)
  }
  if (typeof records !== 'object' || records === null) {
    throw new MillraceError('EVENT_INVALID', `records must be an object of partitions, got ${JSON.stringify(records)}`)
  }
  return Object.values(records).flatMap(partition => {
    if (!Array.isArray(partition))
      throw new MillraceError('EVENT_INVALID', `a partition must be an array of records, got ${typeof partition}`)
    return partition.map(record => toRecord(record, nowMs))
  })
}

function toRecord(record: EventRecord | null, nowMs: number): KafkaRecord {
  const { topic, partition, offset, timestamp, key, value, headers } = record ?? ({} as Partial<EventRecord>)
  if (typeof topic !== 'string' || typeof partition !== 'number' || typeof offset !== 'number') {
    throw new MillraceError('EVENT_INVALID', 'a record must have topic, partition and offset')
  }
  return {
    topic,
    partition,
    offset,
    recordedAtMs: isTimeMs(timestamp) ? timestamp + 0 : nowMs, // JSON's -0 becomes 0, as it comes back from the archive
    key: toBytes(key),
    value: toBytes(value),
    headers: toHeaders(headers ?? []),
  }
}

function toBytes(base64: string | null | undefined): Buffer | null {
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64') : null
}

function toHeaders(headers: NonNullable<EventRecord['headers']>): KafkaRecord['headers'] {
  if (!Array.isArray(headers)) throw new MillraceError('EVENT_INVALID', `headers must be an array, got ${typeof headers}`)
  return headers.flatMap(header =>
    Object.entries<readonly number[] | null>(header ?? {}).map(([name, bytes]) => [name, toHeaderBytes(name, bytes ?? [])] as const),
  )
}

/** Lambda's header bytes may be signed. */
function toHeaderBytes(name: string, numbers: readonly number[]): Buffer {
  if (!Array.isArray(numbers)) throw new MillraceError('EVENT_INVALID', `header '${name}' must be an array of bytes, got ${typeof numbers}`)
  return Buffer.from(numbers.map(byte => byte & 0xff))
}

/** Lambda's partial-failure answer; for Kafka the identifier is an object, and a string would retry the whole batch. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: { readonly partition: string; readonly offset: number } }[]
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html */
export function toBatchResponse(failed: readonly KafkaRecord[]): BatchResponse {
  return {
    batchItemFailures: failed.map(({ topic, partition, offset }) => ({ itemIdentifier: { partition: `${topic}-${partition}`, offset } })),
  }
}
