import { MillraceError } from '#models/errors.ts'
import type { StoredRows, TimedRow } from '#models/windows/joined-rows.ts'
import { heldUntilMs, type StoredKey, type StoredRing } from '#models/windows/snapshot.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import { toHash } from './hash.ts'

/**
 * A page holds what is kept under the keys of a range of hashes: a directory of fixed width, then a line of JSON a key. So one key is found
 * and read without the others, and a page is made anew without reading those that did not change.
 *
 * ```
 * count | hash, bytes, held until (a number a source) | … | JSON | …
 * ```
 */
export interface PageRecord {
  readonly hash: number
  /** Bytes of a double for each source of the plan. */
  readonly until: Buffer
  readonly body: Buffer
}

const countBytes = 4
const untilAt = 8 // after hash and length
const untilBytes = 8

type RingTuple = readonly [
  ring: number,
  ...lanes: readonly [StoredRing['buckets'], StoredRing['sums'], StoredRing['kept'], StoredRing['sketches']],
]
type KeyTuple = readonly [key: string, rings: readonly RingTuple[], rows: readonly (readonly [join: number, rows: readonly TimedRow[]])[]]

export function toRecord(plan: WindowPlan, stored: StoredKey): PageRecord {
  const tuple: KeyTuple = [
    stored.key,
    stored.rings.map(({ ring, buckets, sums, kept, sketches }) => [ring, buckets, sums, kept, sketches]),
    stored.rows.map(({ join, rows }) => [join, rows]),
  ]
  const untilMs = heldUntilMs(plan, stored)
  const until = Buffer.alloc(untilMs.length * untilBytes)
  untilMs.forEach((ms, source) => void until.writeDoubleLE(ms, source * untilBytes))
  return { hash: toHash(stored.key), until, body: Buffer.from(JSON.stringify(tuple)) }
}

export function toStoredKey({ body }: PageRecord): StoredKey {
  const [key, rings, rows] = JSON.parse(body.toString()) as KeyTuple
  return {
    key,
    rings: rings.map(([ring, buckets, sums, kept, sketches]): StoredRing => ({ ring, buckets, sums, kept, sketches })),
    rows: rows.map(([join, rows]): StoredRows => ({ join, rows })),
  }
}

/** Whether anything of a record is held when each source's newest record is of that time. */
export function isHeld({ until }: PageRecord, newestMs: readonly number[]): boolean {
  return newestMs.some((newest, source) => {
    const untilMs = until.readDoubleLE(source * untilBytes)
    return untilMs !== Number.NEGATIVE_INFINITY && newest <= untilMs
  })
}

export function encodePage(records: readonly PageRecord[]): Buffer {
  const count = Buffer.alloc(countBytes)
  count.writeUInt32LE(records.length)
  const directory = records.flatMap(({ hash, until, body }) => {
    const entry = Buffer.alloc(untilAt)
    entry.writeUInt32LE(hash)
    entry.writeUInt32LE(body.length, countBytes)
    return [entry, until]
  })
  return Buffer.concat([count, ...directory, ...records.map(({ body }) => body)])
}

/**
 * The records of a page, in order; of those with a hash that is not wanted nothing is looked at.
 *
 * @throws MillraceError STORE_FAILED for bytes that are no whole page: nothing is read of them, for windows of half of the keys would be wrong
 */
export function decodePage(bytes: Uint8Array, sourceCount: number, isWanted: (hash: number) => boolean = () => true): PageRecord[] {
  const page = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const width = untilAt + sourceCount * untilBytes
  const count = page.length < countBytes ? 0 : page.readUInt32LE()
  const records: PageRecord[] = []
  const bodiesAt = countBytes + count * width
  let bodyAt = bodiesAt
  for (let at = countBytes; at < bodiesAt && bodiesAt <= page.length; at += width) {
    const hash = page.readUInt32LE(at)
    const length = page.readUInt32LE(at + countBytes)
    if (isWanted(hash)) records.push({ hash, until: page.subarray(at + untilAt, at + width), body: page.subarray(bodyAt, bodyAt + length) })
    bodyAt += length
  }
  if (bodyAt !== page.length)
    throw new MillraceError('STORE_FAILED', `a page of ${count} keys must have ${bodyAt} bytes, got ${page.length}`)
  return records
}

/** What a record takes in a page. */
export function sizeOf({ until, body }: PageRecord): number {
  return untilAt + until.length + body.length
}
