// The event Lambda builds from Kafka records: https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html
// Records are written once, on arrival, so that the 6 MB rule knows their exact size and a payload is a few copies.

import type { Header } from '#functions/adapters/kafka-batches.ts'

/** Lambda's limit of a synchronous invocation, in bytes of the whole payload: base64 and envelope count. */
export const maxPayloadBytes = 6_291_456

/** A record as the consumer gives it, as far as the event needs it. */
export interface ConsumedRecord {
  readonly offset: string
  /** -1 where its producer gave none. */
  readonly timestamp: string
  readonly key?: Buffer | null
  readonly value?: Buffer | null
  readonly headers?: readonly Header[]
  /** kafkajs has it, its types do not. */
  readonly batchContext?: { readonly timestampType?: number }
}

/** A record that waits for its delivery, already in its JSON form. */
export interface QueuedRecord {
  readonly offset: number
  /** By the record's own timestamp, of one that has none by its arrival: its age counts from here. */
  readonly recordedAtMs: number
  readonly arrivedAtMs: number
  /** Holds the record's JSON and a comma from `start` on, `bytes` long. */
  readonly page: Buffer
  readonly start: number
  readonly bytes: number
}

/** Records of one partition in one payload. */
export interface RecordSlice {
  /** `<topic>-<partition>`, the key in the event's `records`. */
  readonly key: string
  readonly records: readonly QueuedRecord[]
}

const pageBytes = 262_144

/**
 * Makes the function that writes the records of a partition, one after the other into pages.
 *
 * Concatenated, then copied to a page at once: 0.6 µs a record of 150 bytes (1.2 of 600) from here into the payload, where
 * JSON.stringify takes 1.1 (2.4). Kept as strings they cost the collector more: 6.5 µs a delivery, kafkajs included, not 4.7.
 */
export function makeRecordWriter(topic: string, partition: number): (record: ConsumedRecord, arrivedAtMs: number) => QueuedRecord {
  const opening = `{"topic":${toAsciiJson(topic)},"partition":${partition},"offset":`
  let page = Buffer.alloc(0)
  let end = 0
  return ({ offset, timestamp, key, value, headers = [], batchContext }, arrivedAtMs) => {
    const timestampType = batchContext?.timestampType === 1 ? 'LOG_APPEND_TIME' : 'CREATE_TIME'
    let json = `${opening}${offset},"timestamp":${timestamp},"timestampType":"${timestampType}",`
    // no key and no value (a tombstone) are left out: Lambda gives null or nothing, and functions must bear both; empty ones stand there
    if (key) json += `"key":"${key.toString('base64')}",`
    if (value) json += `"value":"${value.toString('base64')}",`
    json += `"headers":[${headers.map(toHeaderJson).join()}]},`
    if (json.length > page.length - end) {
      page = Buffer.allocUnsafeSlow(Math.max(pageBytes, json.length))
      end = 0
    }
    const start = end
    end += page.write(json, start, 'latin1')
    const recordedAtMs = Number(timestamp) < 0 ? arrivedAtMs : Number(timestamp)
    return { offset: Number(offset), recordedAtMs, arrivedAtMs, page, start, bytes: end - start }
  }
}

/** One object a header, its bytes signed as Java's: the function must read them with `& 0xff`. A value may be null. */
function toHeaderJson([name, value]: Header): string {
  return `{${toAsciiJson(name)}:${value === null ? 'null' : `[${new Int8Array(value)}]`}}`
}

/** JSON of a string with all but ASCII escaped, so that a payload has as many bytes as characters. */
const toAsciiJson = (text: string) =>
  JSON.stringify(text).replace(/[\u0080-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** The parts of the event around its records. */
export interface EventEnvelope {
  readonly clusterArn: string
  /** Comma-separated, as in the event. */
  readonly brokers: string
}

const envelopeStart = ({ clusterArn, brokers }: EventEnvelope) =>
  `{"eventSource":"aws:kafka","eventSourceArn":${toAsciiJson(clusterArn)},"bootstrapServers":${toAsciiJson(brokers)},"records":{`

/** Bytes of a payload without partitions. */
export const envelopeBytes = (envelope: EventEnvelope) => envelopeStart(envelope).length + 2

/** Bytes that a partition adds beside its records: `"key":[]` and a comma. */
export const sliceBytes = (key: string) => key.length + 6

/**
 * Writes the payload of one invocation; there is at least one slice, and each has at least one record.
 *
 * @example JSON.parse(String(toPayload(envelope, slices))).records['orders-3'][0].offset // 100
 */
export function toPayload(envelope: EventEnvelope, slices: readonly RecordSlice[]): Buffer {
  const payload = Buffer.allocUnsafe(slices.reduce((sum, slice) => sum + sizeOf(slice), envelopeBytes(envelope)))
  let end = payload.write(envelopeStart(envelope), 0, 'latin1')
  for (const { key, records } of slices) {
    end += payload.write(`"${key}":[`, end, 'latin1')
    for (let first = 0; first < records.length; ) {
      const { page, start } = records[first]
      let next = first
      let pageEnd = start
      while (next < records.length && records[next].page === page && records[next].start === pageEnd) pageEnd += records[next++].bytes
      end += page.copy(payload, end, start, pageEnd) // neighbours in one go
      first = next
    }
    payload[end - 1] = closingBracket // over the last record's comma
    payload[end++] = comma
  }
  end += payload.write('}}', end - 1, 'latin1') // over the last partition's comma
  return payload.subarray(0, end - 1)
}

/** A record as it stands in the event. */
export interface EventRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key?: string
  readonly value?: string
}

/** Reads a queued record back: for the few that fail. */
export function toEventRecord({ page, start, bytes }: QueuedRecord): EventRecord {
  return JSON.parse(page.toString('latin1', start, start + bytes - 1))
}

const comma = 0x2c
const closingBracket = 0x5d

const sizeOf = ({ key, records }: RecordSlice) => records.reduce((sum, record) => sum + record.bytes, sliceBytes(key))
