import { hashCount } from './training-set.ts'

/** A span of hashes of ids, the second bound left out. */
export interface HashSpan {
  readonly from: number
  readonly below: number
}

/** An object of the training cache: the rows of one part of an hour whose ids' hashes are in one span. */
export interface Slice extends HashSpan {
  readonly key: string
  readonly rowCount: number
  /** The latest event of the whole part; -Infinity for one without rows. */
  readonly newestMs: number
}

/** Rows below which halving a slice once more saves less than a request costs. */
const sliceRowsAtLeast = 4_096

/**
 * The spans of hashes that a part of so many rows is cut into: the upper half of all hashes, the upper half of the rest, and so on, the lowest last.
 *
 * The ids with the lowest hashes are the ones that a sample keeps. So a run that samples a quarter of the ids reads the lowest slices, a
 * quarter of the bytes, whatever the stream's rate is.
 *
 * @example sliceSpans(10_000) // [{ from: 2 ** 31, below: 2 ** 32 }, { from: 0, below: 2 ** 31 }]
 */
export function sliceSpans(rowCount: number): HashSpan[] {
  const count = Math.max(1, Math.min(16, Math.ceil(Math.log2(rowCount / sliceRowsAtLeast)))) // not below a bucket of the query
  return Array.from({ length: count }, (_, at) => spanOf(at, count))
}

function spanOf(at: number, count: number): HashSpan {
  const below = hashCount / 2 ** at
  return { from: at === count - 1 ? 0 : below / 2, below }
}

const shape = /\/([0-9a-f]{16})_(\d+)of(\d+)_(\d+)_(none|-?\d+)\.parquet$/

/**
 * The key of a slice says all that is to be known of it, so that no run reads an object to leave it out.
 *
 * @param prefix ends in the fingerprint of the part's inputs
 * @example toSliceKey('…/hour=05/0c175b9c0f1b6a83', { at: 0, count: 2, rowCount: 5_012, newestMs: 978_307_200_000 }) // '…/hour=05/0c175b9c0f1b6a83_0of2_5012_978307200000.parquet'
 */
export function toSliceKey(prefix: string, { at, count, rowCount, newestMs }: SlicePlace): string {
  return `${prefix}_${at}of${count}_${rowCount}_${Number.isFinite(newestMs) ? newestMs : 'none'}.parquet`
}

interface SlicePlace {
  readonly at: number
  readonly count: number
  readonly rowCount: number
  readonly newestMs: number
}

/** The parts that are whole in a listing, by the fingerprint of their inputs; a part of which a slice is missing was not written to its end. */
export function toPreparedParts(keys: readonly string[]): ReadonlyMap<string, readonly Slice[]> {
  const byPart = new Map<string, Map<number, Slice>>()
  for (const key of keys) {
    const found = shape.exec(key)
    if (!found) continue
    const [fingerprint, ...numbers] = found.slice(1)
    const [at, count, rowCount] = numbers.map(Number)
    const part = `${fingerprint} ${count}`
    const slices = byPart.get(part) ?? new Map<number, Slice>()
    const newestMs = numbers[3] === 'none' ? Number.NEGATIVE_INFINITY : Number(numbers[3])
    byPart.set(part, slices.set(at, { key, rowCount, newestMs, ...spanOf(at, count) }))
  }
  const whole = [...byPart].filter(([part, slices]) => slices.size === Number(part.split(' ')[1]))
  return new Map(whole.map(([part, slices]) => [part.split(' ')[0], [...slices.values()]]))
}
