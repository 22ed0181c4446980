import { MillraceError } from '#models/errors.ts'
import type { KafkaRecord } from '../ports.ts'

/** A record in Lambda's event for a Kafka source: bytes in base64, headers as arrays of byte numbers. */
interface EventRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key?: string | null
  readonly value?: string | null
  readonly headers?: readonly Readonly<Record<string, readonly number[]>>[]
}

/**
 * The records of a Kafka event, each partition in its order.
 *
 * @throws MillraceError EVENT_INVALID for anything that is not Lambda's event of a Kafka source
 * @see https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html
 */
export function toRecords(event: unknown): KafkaRecord[] {
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
    return partition.map(toRecord)
  })
}

function toRecord({ topic, partition, offset, timestamp, key, value, headers }: EventRecord): KafkaRecord {
  if (typeof topic !== 'string' || typeof partition !== 'number' || typeof offset !== 'number') {
    throw new MillraceError('EVENT_INVALID', 'a record must have topic, partition and offset')
  }
  return {
    topic,
    partition,
    offset,
    recordedAtMs: timestamp,
    key: key ? Buffer.from(key, 'base64') : null,
    value: typeof value === 'string' ? Buffer.from(value, 'base64') : null, // a tombstone's value is null or absent
    headers: (headers ?? []).flatMap(header => Object.entries(header).map(([name, bytes]) => [name, toBytes(bytes)] as const)),
  }
}

/** Lambda's header bytes may be signed. */
function toBytes(numbers: readonly number[]): Buffer {
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
