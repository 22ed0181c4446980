type Content = Buffer | string | null

/** A record's content; one that is put back may have headers that are null. */
interface Sized {
  readonly key: Content
  readonly value: Content
  readonly headers?: readonly (readonly [name: string, content: Content])[]
}

/** Bytes that one record may have, by `recordBytes`: a topic takes batches of 1 MiB unless told otherwise, and a record that is alone in its batch adds some 100. */
export const recordBytesAtMost = 1_000_000

/** What a record or a header costs beside its own bytes, at most. */
const overheadBytes = 40

/** Bytes of a record in Kafka, uncompressed: key, value and headers, and a little more than their lengths take. */
export function recordBytes(record: Sized): number {
  return contentBytes(record) + overheadBytes * (1 + (record.headers?.length ?? 0))
}

/** Bytes of a record's key, value and headers alone. */
export function contentBytes({ key, value, headers = [] }: Sized): number {
  let bytes = lengthOf(key) + lengthOf(value)
  for (const [name, content] of headers) bytes += lengthOf(name) + lengthOf(content)
  return bytes
}

function lengthOf(content: Content): number {
  return content === null ? 0 : Buffer.byteLength(content)
}
