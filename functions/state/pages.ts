import type { StoredRows } from '#models/windows/joined-rows.ts'
import type { StoredRing } from '#models/windows/snapshot.ts'
import type { StateItem, StateStore } from '../ports.ts'
import { itemBytesAtMost } from './entry.ts'

/** What is kept under one key, as pages hold it. */
export type StoredKey = StoredRing | StoredRows
export type Place = Pick<StateItem, 'log' | 'number'>

/**
 * Pages that hold what is kept, a line of JSON a key, cut wherever an item is full: no key is too large.
 *
 * Each page is a log of its own, so that they lie all over the table: one key of DynamoDB takes 1 MB a second and gives 12.
 */
export interface Run {
  readonly log: string
  readonly pageCount: number
  /** Before compression. */
  readonly bytes: number
}

const writesAtOnce = 8
const readsAtOnce = 100
const newline = 0x0a

/** Writes pages without an end. */
export async function writeRun(store: StateStore, log: string, keys: Iterable<StoredKey>): Promise<Run> {
  let [pageCount, bytes] = [0, 0]
  let writing: Promise<boolean>[] = []
  for (const body of cutPages(keys)) {
    writing.push(store.append({ ...placeOf(log, pageCount++), body, expiresAtSec: 0 }))
    bytes += body.length
    if (writing.length < writesAtOnce) continue
    await Promise.all(writing)
    writing = []
  }
  await Promise.all(writing)
  return { log, pageCount, bytes }
}

/** Gives each key of a run to `take`; false where a page is gone. */
export async function readRun(store: StateStore, run: Run, take: (key: StoredKey) => void): Promise<boolean> {
  const places = pagesOf(run)
  let rest: Uint8Array = new Uint8Array()
  for (let from = 0; from < places.length; from += readsAtOnce) {
    const wanted = places.slice(from, from + readsAtOnce)
    const bodies = new Map((await store.read(wanted)).map(({ log, body }) => [log, body]))
    if (bodies.size < wanted.length) return false
    const bytes = Buffer.concat([rest, ...wanted.map(({ log }) => bodies.get(log)!)])
    const end = bytes.lastIndexOf(newline) + 1
    rest = bytes.subarray(end)
    for (const key of parseLines(bytes.subarray(0, end))) take(key)
  }
  return true
}

/** JSON has no line break of its own: between lines it stands for a comma. */
function parseLines(lines: Buffer): StoredKey[] {
  return JSON.parse(`[${lines.toString().trimEnd().replaceAll('\n', ',')}]`) as StoredKey[]
}

export function pagesOf({ log, pageCount }: Run): Place[] {
  return Array.from({ length: pageCount }, (_, page) => placeOf(log, page))
}

/** The pages that are there of a run whose writer did not come to its end. */
export async function findPages(store: StateStore, log: string): Promise<Place[]> {
  const found: Place[] = []
  for (let from = 0; ; from += readsAtOnce) {
    const items = await store.read(Array.from({ length: readsAtOnce }, (_, at) => placeOf(log, from + at)))
    if (items.length === 0) return found
    found.push(...items.map(({ log, number }) => ({ log, number })))
  }
}

function placeOf(log: string, page: number): Place {
  return { log: `${log}/${page}`, number: 0 }
}

function* cutPages(keys: Iterable<StoredKey>): Generator<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array()
  let lines: string[] = []
  let length = 0
  const gather = () => {
    bytes = Buffer.concat([bytes, Buffer.from(lines.join(''))])
    lines = []
    length = 0
  }
  for (const key of keys) {
    const line = `${JSON.stringify(key)}\n`
    lines.push(line)
    length += line.length
    if (bytes.length + length < itemBytesAtMost) continue
    gather()
    for (; bytes.length >= itemBytesAtMost; bytes = bytes.subarray(itemBytesAtMost)) yield bytes.subarray(0, itemBytesAtMost)
  }
  gather()
  for (; bytes.length > 0; bytes = bytes.subarray(itemBytesAtMost)) yield bytes.subarray(0, itemBytesAtMost)
}
