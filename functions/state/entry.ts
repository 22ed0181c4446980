import { type OffsetOp, type OpColumns, toColumns, toOps } from '#models/windows/op-columns.ts'
import type { StateItem } from '../ports.ts'

/** How far each source's log had been read, by source: the number of its last entry. */
export type Cut = Readonly<Record<string, number>>

/** One entry of a source's log: what a batch of one partition added to the windows, and what it saw of them. */
export interface Entry {
  /** 1, 2, 3 … without a gap. */
  readonly number: number
  /** Every record of the partition up to this offset has been counted. */
  readonly lastOffset: number
  /** The newest event time of the partition before this entry; null before the first. */
  readonly newestBeforeMs: number | null
  /** For events: the state that their features were computed from. */
  readonly cut: Cut | null
  readonly ops: readonly OffsetOp[]
}

/** Kept below DynamoDB's 400 KB an item even if nothing of it can be compressed. */
export const itemBytesAtMost = 350_000

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** An entry as its item holds it: the ops as columns. */
export interface ColumnEntry extends Omit<Entry, 'ops'> {
  readonly columns: OpColumns
  /** Of the item, before compression. */
  readonly bytes: number
}

/** An entry and the item that it is stored as. */
export interface StoredEntry {
  readonly item: StateItem
  readonly entry: ColumnEntry
}

/** The items of a batch's entry: one, or more where the ops do not fit; each counts up to the last offset of its own. They have no end yet. */
export function toItems(log: string, entry: Entry): StoredEntry[] {
  const { number, ops, ...about } = entry
  const columns = toColumns(ops)
  const body = toBody({ ...about, ops: columns })
  if (body.length <= itemBytesAtMost || ops.length < 2)
    return [{ item: { log, number, body, expiresAtSec: 0 }, entry: { ...about, number, columns, bytes: body.length } }]
  const items: StoredEntry[] = []
  let { newestBeforeMs } = entry
  const length = Math.ceil(ops.length / (Math.ceil(body.length / itemBytesAtMost) + 1))
  for (let from = 0; from < ops.length; from += length) {
    const part = ops.slice(from, from + length)
    const isLast = from + length >= ops.length
    const lastOffset = isLast ? entry.lastOffset : part[part.length - 1].offset
    items.push(...toItems(log, { ...entry, number: number + items.length, newestBeforeMs, ops: part, lastOffset }))
    newestBeforeMs = newestOf(newestBeforeMs, part)
  }
  return items
}

/** Rows of joins larger than this are not kept: with a row at most this large an op fits into an item. */
const rowBytesAtMost = 300_000

/** The record itself, or one whose rows that are too large to be kept are as if they had been taken away. */
export function withoutLargeRows(record: OffsetOp): OffsetOp {
  const { rows } = record.op
  if (!rows) return record
  const isLarge = (row: unknown) => Buffer.byteLength(JSON.stringify(row) ?? '') > rowBytesAtMost
  if (!rows.some(row => row && isLarge(row[1]))) return record
  return { ...record, op: { ...record.op, rows: rows.map(row => (row && isLarge(row[1]) ? [row[0], null] : row)) } }
}

/** The newest event time after these ops; null before the first. */
export function newestOf(beforeMs: number | null, ops: readonly OffsetOp[]): number | null {
  let newestMs = beforeMs
  for (const { op } of ops) if (newestMs === null || op.atMs > newestMs) newestMs = op.atMs
  return newestMs
}

export function toColumnEntry({ number, body }: StateItem): ColumnEntry {
  const { ops, ...about } = fromBody<Omit<Entry, 'number' | 'ops'> & { readonly ops: OpColumns }>(body)
  return { number, ...about, columns: ops, bytes: body.length }
}

export function toEntry(item: StateItem): Entry {
  const { columns, bytes: _, ...about } = toColumnEntry(item)
  return { ...about, ops: toOps(columns) }
}

export function toBody(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}

export function fromBody<T>(body: Uint8Array): T {
  return JSON.parse(decoder.decode(body)) as T
}
