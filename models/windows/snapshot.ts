import { isTable, oldestHeldMs, type StoredRows } from './joined-rows.ts'
import { toKey } from './op.ts'
import { addToLane, findEntry, keptAt, makeRing, openEntry, type Ring, sumOf } from './ring.ts'
import type { RingPlan, WindowPlan } from './window-plan.ts'
import { oldestHeldBucket, type Windows } from './windows.ts'

type Payload = Readonly<Record<string, unknown>>

/** The buckets of one key in one ring for JSON: what each bucket holds by itself. */
export interface StoredRing {
  readonly ring: number
  readonly buckets: readonly number[]
  /** Lane by lane within a bucket. */
  readonly sums: readonly number[]
  readonly kept: readonly (number | null)[]
  /** In base64; null where the bucket has none. */
  readonly sketches: readonly (string | null)[]
}

/** All that is kept under one key: of its rings and of its joins only those in which something is held. */
export interface StoredKey {
  readonly key: string
  readonly rings: readonly StoredRing[]
  readonly rows: readonly StoredRows[]
}

/** All that is held, key by key. */
export function* storeWindows(windows: Windows): Generator<StoredKey> {
  for (const key of keysOf(windows)) {
    const stored = storeKey(windows, key)
    if (stored) yield stored
  }
}

/** Each key of which something is there, once. */
export function keysOf({ plan, rings, joined }: Windows): Set<string> {
  const keys = new Set<string>()
  for (const at of plan.rings.keys()) for (const key of rings(at).keys()) keys.add(key)
  for (const at of plan.joins.keys()) for (const key of joined.keys(at)) keys.add(key)
  return keys
}

/** What is held of a key; undefined where that is nothing. */
export function storeKey(windows: Windows, key: string): StoredKey | undefined {
  const { plan, joined } = windows
  const rings = plan.rings.flatMap((ringPlan, at) => {
    const ring = windows.rings(at).get(key)
    return ring ? toStored(at, ring, ringPlan, oldestHeldBucket(ringPlan, windows.newestMs(ringPlan.source))) : []
  })
  const rows = plan.joins.flatMap((join, at): StoredRows[] => {
    const oldestMs = oldestHeldMs(join, windows.newestMs(join.source), plan.lateness.allowedMs)
    const held = joined.rowsOf(at, key).filter(({ atMs }) => isTable(join) || atMs >= oldestMs)
    return held.length > 0 ? [{ join: at, rows: held }] : []
  })
  return rings.length + rows.length > 0 ? { key, rings, rows } : undefined
}

function toStored(at: number, ring: Ring, plan: RingPlan, oldest: number): StoredRing[] {
  const { end, cells, sketches } = ring
  const { stride, sumCount, keptCount, sketchCount } = plan
  const first = findEntry(ring, stride, oldest - 1) + 1
  const count = end - first
  if (count === 0) return []
  return [
    {
      ring: at,
      buckets: Array.from({ length: count }, (_, entry) => cells[(first + entry) * stride]),
      sums: Array.from({ length: count * sumCount }, (_, place) => {
        const entry = first + Math.floor(place / sumCount)
        return sumOf(ring, plan, place % sumCount, entry - 1, entry)
      }),
      kept: Array.from({ length: count * keptCount }, (_, place) => {
        const value = cells[keptAt(plan, first + Math.floor(place / keptCount), place % keptCount)]
        return Number.isNaN(value) ? null : value
      }),
      sketches: Array.from({ length: count * sketchCount }, (_, place) => {
        const sketch = sketches[first * sketchCount + place]
        return sketch ? Buffer.from(sketch).toString('base64') : null
      }),
    },
  ]
}

/**
 * For each source, the newest event time up to which something of a stored key is held; -Infinity where nothing of it hangs on the source,
 * Infinity where a table's row does, which stays.
 */
export function heldUntilMs({ sources, rings, joins, lateness }: WindowPlan, stored: StoredKey): number[] {
  const untilMs = sources.map(() => Number.NEGATIVE_INFINITY)
  const extend = (source: number, atMs: number) => {
    if (atMs > untilMs[source]) untilMs[source] = atMs
  }
  for (const { ring, buckets } of stored.rings) {
    const { source, bucketMs, bucketCount } = rings[ring]
    extend(source, (buckets[buckets.length - 1] + bucketCount) * bucketMs)
  }
  for (const { join, rows } of stored.rows) {
    const { source, beforeMs } = joins[join]
    extend(source, rows[rows.length - 1].atMs + beforeMs + lateness.allowedMs)
  }
  return untilMs
}

/** Puts what was stored of a key into windows that have nothing of it. */
export function restoreKey(windows: Windows, { key, rings, rows }: StoredKey): void {
  for (const stored of rows) windows.joined.restore(key, stored)
  for (const stored of rings) windows.rings(stored.ring).set(key, toRing(stored, windows.plan.rings[stored.ring]))
}

function toRing({ buckets, sums, kept, sketches }: StoredRing, plan: RingPlan): Ring {
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
  return ring
}

/** The keys that an event asks windows and joins for. A function of the definition that throws asks for none: it will throw again where it counts. */
export function keysRead({ reads, joins }: WindowPlan, event: Payload): string[] {
  const keys = new Set<string>()
  for (const { read } of [...reads, ...joins]) {
    try {
      const key = toKey(read(event))
      if (key !== null) keys.add(key)
    } catch {}
  }
  return [...keys]
}
