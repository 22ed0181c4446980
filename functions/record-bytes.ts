import type { OutgoingRecord } from './ports.ts'

type Sized = Pick<OutgoingRecord, 'key' | 'value' | 'headers'>

/** Bytes that one record may have, by `recordBytes`: a topic takes batches of 1 MiB unless told otherwise, and a record that is alone in its batch adds some 100. */
export const recordBytesAtMost = 1_000_000

/** What a record or a header costs beside its own bytes, at most. */
const overheadBytes = 40

/** Bytes of a record in Kafka, uncompressed: key, value and headers, and a little more than their lengths take. */
export function recordBytes({ key, value, headers = [] }: Sized): number {
  let bytes = overheadBytes + lengthOf(key) + lengthOf(value)
  for (const [name, content] of headers) bytes += overheadBytes + lengthOf(name) + lengthOf(content)
  return bytes
}

function lengthOf(content: Buffer | string | null): number {
  return content === null ? 0 : Buffer.byteLength(content)
}
