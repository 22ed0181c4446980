// kafkajs 2.2.4 reads gzip alone, takes a codec that it does not know for none, and keeps headers in a plain object: one named `constructor`
// ends its consumer, `__proto__` is lost, and so is the order of different names. Two of its modules are replaced here, before it loads them.
import { createRequire } from 'node:module'
import type { Consumer, ConsumerConfig, IHeaders, Kafka, KafkaMessage } from 'kafkajs'
import { MillraceError } from '#models/errors.ts'
import { type BatchRecord, decodeBatches, formatOf, type Header } from './kafka-batches.ts'

const patchedVersion = '2.2.4'
const source = 'kafkajs/src/protocol'
const require = createRequire(import.meta.url)

/** kafkajs' reader of a response, as far as it is used. */
interface Decoder {
  readonly buffer: Buffer
  readonly offset: number
  readInt32(): number
  canReadBytes(count: number): boolean
  readBytes(count: number): Buffer
}

/** kafkajs' writer of a request, as far as it is used. */
interface Encoder {
  writeInt8(value: number): Encoder
  writeVarInt(value: number): Encoder
  writeVarLong(value: number): Encoder
  writeVarIntString(value: string): Encoder
  writeVarIntBytes(value: Buffer | string | null | undefined): Encoder
  writeVarIntArray(values: readonly Encoder[], type: 'object'): Encoder
  writeEncoder(value: Encoder): Encoder
  size(): number
}

/** A header to be written; a value may be null. */
export type SentHeader = readonly [name: string, value: Buffer | string | null]

interface SentRecord {
  readonly offsetDelta?: number
  readonly timestampDelta?: number
  readonly key?: Buffer | string | null
  readonly value: Buffer | string | null
  readonly headers?: IHeaders | readonly SentHeader[]
}

patchOnce()

/** Puts both replacements in, once in a process. */
function patchOnce(): void {
  const { version } = require('kafkajs/package.json') as { readonly version: string }
  if (version !== patchedVersion) {
    throw new MillraceError(
      'PREREQUISITE_MISSING',
      `kafkajs must be ${patchedVersion}, whose reading of records is replaced, got ${version}; change functions/adapters/kafka-wire.ts with it`,
    )
  }
  replace<(decoder: Decoder) => Promise<object[]>>('requests/fetch/v4/decodeMessages', 'requests/fetch/v4/response', readWith)
  replace<(record: SentRecord) => Encoder>('recordBatch/record/v0/index', 'requests/produce/v3/request', writeWith)
}

function replace<Exported>(module: string, user: string, make: (original: Exported) => Exported): void {
  if (require.cache[require.resolve(`${source}/${user}`)] !== undefined) {
    throw new MillraceError(
      'PREREQUISITE_MISSING',
      `kafka-wire.ts must be imported before kafkajs has sent or read, ${user} is in use already`,
    )
  }
  const path = require.resolve(`${source}/${module}`)
  const original = require(path) as Exported
  require.cache[path]!.exports = make(original)
}

/** Reads the batches of one partition; what an old broker kept in an older format is left to kafkajs. */
function readWith(readOldFormat: (decoder: Decoder) => Promise<object[]>) {
  return async (decoder: Decoder): Promise<object[]> => {
    const bytesAt = decoder.offset + 4
    const isOld = decoder.buffer.length > bytesAt + 16 && formatOf(decoder.buffer.subarray(bytesAt)) !== 2
    if (isOld) return (await readOldFormat(decoder)).map(message => ({ ...message, headers: [] })) // it had none
    const length = decoder.readInt32()
    return length <= 0 || !decoder.canReadBytes(length) ? [] : decodeBatches(decoder.readBytes(length)).map(toMessage)
  }
}

/** A record as the rest of kafkajs knows it, but for the headers. */
function toMessage({ offset, timestampMs, key, value, headers, batch }: BatchRecord) {
  return {
    magicByte: 2,
    attributes: 0,
    offset: String(offset),
    timestamp: String(timestampMs),
    key,
    value,
    headers,
    isControlRecord: batch.isControlBatch,
    batchContext: batch,
  }
}

/** Writes a record whose headers are a list, in its order, null values too; an object of headers is left to kafkajs. */
function writeWith(writeObject: (record: SentRecord) => Encoder) {
  const Encoder = require(`${source}/encoder`) as new () => Encoder
  return (record: SentRecord): Encoder => {
    const { offsetDelta = 0, timestampDelta = 0, key, value, headers } = record
    if (!isHeaderList(headers)) return writeObject(record)
    const pairs = headers.map(([name, content]) => new Encoder().writeVarIntString(name).writeVarIntBytes(content))
    const body = new Encoder()
      .writeInt8(0)
      .writeVarLong(timestampDelta)
      .writeVarInt(offsetDelta)
      .writeVarIntBytes(key)
      .writeVarIntBytes(value)
      .writeVarIntArray(pairs, 'object')
    return new Encoder().writeVarInt(body.size()).writeEncoder(body)
  }
}

const isHeaderList = (headers: SentRecord['headers']) => Array.isArray(headers)

/** A consumer that reads every codec and every header; kafkajs' own knows neither, so all reading begins here. */
export const openConsumer = (kafka: Kafka, config: ConsumerConfig): Consumer => kafka.consumer(config)

/** The headers of a message as they were written. */
export function headersOf({ headers }: Pick<KafkaMessage, 'headers'>): readonly Header[] {
  return headers as unknown as readonly Header[]
}

/** Headers for a message that kafkajs is to send, byte for byte and in their order. */
export function toSentHeaders(headers: readonly SentHeader[]): IHeaders {
  return headers as unknown as IHeaders
}
