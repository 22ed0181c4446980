import { createHash } from 'node:crypto'

/** Bytes of a key that goes on as it is, at most: a key may be as large as a record, and what is made of the record must not be. */
const bytesAtMost = 1_024

/**
 * The key under which goes on what is made of a record: the record's own, or the hash of one that is longer than 1,024 bytes, so that one
 * key stays in one partition. A record without a key goes by its id. An empty key is a key.
 *
 * @example partitionKey(record.key, event.id)
 */
export function partitionKey(key: Buffer | null, id: string): Buffer | string {
  return key === null ? id : shortKey(key)
}

/** The key itself, or the hash of one that is too long. */
export function shortKey<Key extends Buffer | string>(key: Key): Key | string {
  return Buffer.byteLength(key) <= bytesAtMost ? key : `sha256:${createHash('sha256').update(key).digest('base64url')}`
}
