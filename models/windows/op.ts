import { createHash } from 'node:crypto'
import { hashValue } from './distinct.ts'
import type { SourcePlan } from './window-plan.ts'

/** What windows need of one record: its time, a key for each key function of its source, a whole number for each value; NaN for none. */
export interface Op {
  readonly atMs: number
  readonly keys: readonly (string | null)[]
  readonly values: readonly number[]
  /** For each join with the source: the key and what is kept under it, null takes it away; undefined where the record has no key. */
  readonly rows?: readonly (readonly [key: string, row: unknown] | undefined)[]
}

/** A key longer than this is kept as its hash, so that no key makes an item of the state too large. */
const keyLengthAtMost = 128
/** Larger values are kept as this many multiples of their resolution; it leaves room to add up thousands of them exactly. */
const unitsAtMost = 2 ** 43

/** What windows and joins need of a record; the definition's functions run here, once a record. */
export function toOp(source: SourcePlan, record: Readonly<Record<string, unknown>>, recordKey?: string): Op {
  const { joins } = source
  return {
    atMs: source.timeOf(record),
    keys: source.keys.map(by => toKey(by(record))),
    values: source.values.map(({ read, resolution, isHashed }) => toUnits(read(record), resolution, isHashed)),
    ...(joins.length > 0 ? { rows: joins.map(join => toRow(toKey(join.by ? join.by(record) : recordKey), join.row(record))) } : {}),
  }
}

/** What a record without a value does to the tables of its source: it takes away the row of its key. */
export function toRemoval(source: SourcePlan, recordKey: string): Op {
  const key = toKey(recordKey)
  return {
    atMs: 0,
    keys: source.keys.map(() => null),
    values: source.values.map(() => Number.NaN),
    rows: source.joins.map(() => toRow(key, null)),
  }
}

function toRow(key: string | null, row: unknown): readonly [string, unknown] | undefined {
  return key === null ? undefined : [key, row]
}

/** A key as text; one of more than 128 characters becomes the hash of it. */
export function toKey(key: unknown): string | null {
  if (typeof key !== 'string' && typeof key !== 'number') return null
  const text = String(key)
  return text.length <= keyLengthAtMost ? text : `sha256:${createHash('sha256').update(text).digest('base64url')}`
}

function toUnits(value: unknown, resolution: number, isHashed: boolean): number {
  if (isHashed) return typeof value === 'string' || typeof value === 'number' ? hashValue(value) : Number.NaN
  if (typeof value !== 'number' || Number.isNaN(value)) return Number.NaN
  return Math.round(Math.min(Math.max(value / resolution, -unitsAtMost), unitsAtMost)) + 0 // no negative zero
}
