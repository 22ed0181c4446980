import { isTable, type StoredRows } from './joined-rows.ts'
import { addToLane, keptAt, makeRing, openEntry, type Ring, type RingWidth, sumOf } from './ring.ts'
import type { Windows } from './windows.ts'

/** The buckets of one key of one ring for JSON: what each bucket holds by itself. */
export interface StoredRing {
  readonly ring: number
  readonly key: string
  readonly buckets: readonly number[]
  /** Lane by lane within a bucket. */
  readonly sums: readonly number[]
  readonly kept: readonly (number | null)[]
  /** In base64; null where the bucket has none. */
  readonly sketches: readonly (string | null)[]
}

/** All that is held but the rows of tables, key by key, so that it can be cut into pages. */
export function* storeWindows(windows: Windows): Generator<StoredRing | StoredRows> {
  windows.sweep()
  yield* windows.joined.store()
  for (const [at, plan] of windows.plan.rings.entries()) {
    for (const [key, ring] of windows.rings(at)) yield toStored(at, key, ring, plan)
  }
}

function toStored(at: number, key: string, ring: Ring, plan: RingWidth): StoredRing {
  const { end, cells, sketches } = ring
  const { stride, sumCount, keptCount, sketchCount } = plan
  return {
    ring: at,
    key,
    buckets: Array.from({ length: end }, (_, entry) => cells[entry * stride]),
    sums: Array.from({ length: end * sumCount }, (_, place) => {
      const entry = Math.floor(place / sumCount)
      return sumOf(ring, plan, place % sumCount, entry - 1, entry)
    }),
    kept: Array.from({ length: end * keptCount }, (_, place) => {
      const value = cells[keptAt(plan, Math.floor(place / keptCount), place % keptCount)]
      return Number.isNaN(value) ? null : value
    }),
    sketches: Array.from({ length: end * sketchCount }, (_, place) => {
      const sketch = sketches[place]
      return sketch ? Buffer.from(sketch).toString('base64') : null
    }),
  }
}

/** The rows of every table, key by key. */
export function* storeTables({ plan, joined }: Windows): Generator<StoredRows> {
  for (const [at, join] of plan.joins.entries()) if (isTable(join)) yield* joined.storeTable(at)
}

/** Puts what was stored of a key into windows: a ring that they do not have yet, or rows in place of those that they have. */
export function restoreKey(windows: Windows, stored: StoredRing | StoredRows): void {
  if ('join' in stored) windows.joined.restore(stored)
  else restoreRing(windows, stored)
}

function restoreRing(windows: Windows, { ring: at, key, buckets, sums, kept, sketches }: StoredRing): void {
  const plan = windows.plan.rings[at]
  const { sumCount, keptCount, sketchCount } = plan
  const ring = makeRing(plan)
  buckets.forEach((bucket, entry) => {
    openEntry(ring, plan, bucket, Number.NEGATIVE_INFINITY)
    for (let lane = 0; lane < sumCount; lane++) addToLane(ring, plan, entry, lane, sums[entry * sumCount + lane])
    for (let lane = 0; lane < keptCount; lane++) ring.cells[keptAt(plan, entry, lane)] = kept[entry * keptCount + lane] ?? Number.NaN
    for (let lane = 0; lane < sketchCount; lane++) {
      const sketch = sketches[entry * sketchCount + lane]
      if (sketch) ring.sketches[entry * sketchCount + lane] = new Uint8Array(Buffer.from(sketch, 'base64'))
    }
  })
  windows.rings(at).set(key, ring)
}
