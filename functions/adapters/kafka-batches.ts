// Kafka's record batches, format 2: https://kafka.apache.org/documentation/#recordbatch
// A batch is 61 bytes of header, then its records, compressed together. Numbers in records are zigzag varints: small ones take one byte.
import { MillraceError } from '#models/errors.ts'
import { decompress } from './kafka-codecs.ts'

/** A header as it was written: names may come more than once and be any text, a value may be null. */
export type Header = readonly [name: string, value: Buffer | null]

/** What the records of a batch have in common. */
export interface BatchContext {
  /** 0: the producer's clock; 1: the broker's. */
  readonly timestampType: 0 | 1
  readonly producerId: string
  readonly inTransaction: boolean
  readonly isControlBatch: boolean
}

/** A record as its producer wrote it; numbers beyond 2^53 lose their last digits. */
export interface BatchRecord {
  readonly offset: number
  /** -1 where the producer gave none. */
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
  readonly batch: BatchContext
}

const lengthEnd = 12 // a batch's length counts from here
const recordsStart = 61

/** The format of the first batch; 0 and 1 are those of before Kafka 0.11. */
export const formatOf = (bytes: Buffer) => bytes[16]

/**
 * Every record of the batches, in order. A batch that the broker has cut off at the end is left out: it comes again, whole.
 *
 * @throws MillraceError RECORD_UNREADABLE for a batch of another format, an unknown codec, or bytes that are no records
 */
export function decodeBatches(bytes: Buffer): BatchRecord[] {
  const records: BatchRecord[] = []
  for (let start = 0; start + recordsStart <= bytes.length; ) {
    const end = start + lengthEnd + bytes.readInt32BE(start + 8)
    if (end > bytes.length) break
    const batch = bytes.subarray(start, end)
    try {
      decodeBatch(batch, records)
    } catch (cause) {
      const message = `the batch at offset ${batch.readBigInt64BE()} cannot be read: ${(cause as Error).message}`
      throw new MillraceError('RECORD_UNREADABLE', message, { cause })
    }
    start = end
  }
  return records
}

function decodeBatch(batch: Buffer, into: BatchRecord[]): void {
  if (formatOf(batch) !== 2) throw new Error(`its format is ${formatOf(batch)}, not 2`)
  const firstOffset = Number(batch.readBigInt64BE())
  const attributes = batch.readInt16BE(21)
  const firstMs = Number(batch.readBigInt64BE(27))
  const lastMs = Number(batch.readBigInt64BE(35))
  const count = batch.readInt32BE(57)
  const context: BatchContext = {
    timestampType: attributes & 8 ? 1 : 0,
    producerId: String(batch.readBigInt64BE(43)),
    inTransaction: (attributes & 16) !== 0,
    isControlBatch: (attributes & 32) !== 0,
  }
  const reader = makeReader(decompress(attributes & 7, batch.subarray(recordsStart)))
  for (let nth = 0; nth < count; nth++) {
    const end = reader.varint() + reader.at()
    reader.skip(1) // attributes of a record: none are defined
    const deltaMs = reader.varint()
    into.push({
      offset: firstOffset + reader.varint(),
      timestampMs: context.timestampType === 1 ? lastMs : firstMs + deltaMs, // the broker stamps a batch, not its records
      key: reader.bytes(),
      value: reader.bytes(),
      headers: readHeaders(reader),
      batch: context,
    })
    if (reader.at() !== end) throw new Error(`record ${nth} of ${count} does not end where its length says`)
  }
}

function readHeaders(reader: Reader): Header[] {
  const headers: Header[] = []
  for (let left = reader.varint(); left > 0; left--) headers.push([String(reader.bytes() ?? ''), reader.bytes()])
  return headers
}

type Reader = ReturnType<typeof makeReader>

function makeReader(buffer: Buffer) {
  let at = 0
  /** Up to 64 bits: as a float, since shifts end at 32. */
  function varint(): number {
    let value = 0
    let scale = 1
    let byte: number
    do {
      if (at >= buffer.length) throw new Error('it ends within a number')
      byte = buffer[at++]
      value += (byte & 0x7f) * scale
      scale *= 128
    } while (byte & 0x80)
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  return {
    at: () => at,
    skip(count: number) {
      at += count
    },
    varint,
    /** Bytes behind their length; a length of -1 is null. */
    bytes(): Buffer | null {
      const length = varint()
      if (length < 0) return null
      if (at + length > buffer.length) throw new Error(`it ends within ${length} bytes`)
      at += length
      return buffer.subarray(at - length, at)
    },
  }
}
