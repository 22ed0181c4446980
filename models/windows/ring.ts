/**
 * The buckets of one key, only those in which something is, oldest first.
 *
 * `sums` holds running totals: entry `i` is the sum of all entries up to and with `i`, so that a window is one subtraction whatever its
 * length. The totals are whole numbers, so adding and subtracting loses nothing and no order of arrival shows in them.
 */
export interface Ring {
  /** How many entries there are. */
  end: number
  buckets: Float64Array
  /** `sums[entry * sumCount + lane]`. */
  sums: Float64Array
  /** `kept[entry * keptCount + lane]`: what cannot be subtracted, such as a minimum, of that bucket alone. */
  kept: Float64Array
  /** Sketches of that bucket alone, for distinct counts. */
  sketches: (Uint8Array | undefined)[]
}

/** How many numbers an entry holds. */
export interface RingWidth {
  readonly sumCount: number
  readonly keptCount: number
  readonly sketchCount: number
}

const firstCapacity = 4

export function makeRing({ sumCount, keptCount }: RingWidth): Ring {
  return {
    end: 0,
    buckets: new Float64Array(firstCapacity),
    sums: new Float64Array(firstCapacity * sumCount),
    kept: new Float64Array(firstCapacity * keptCount),
    sketches: [],
  }
}

/** The last entry whose bucket is at most `bucket`; -1 where there is none. */
export function findEntry({ buckets, end }: Ring, bucket: number): number {
  let low = 0
  let high = end
  if (end > 0 && buckets[end - 1] <= bucket) return end - 1 // most reads ask for the newest
  while (low < high) {
    const middle = (low + high) >> 1
    if (buckets[middle] <= bucket) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The entry of a bucket, made if it is not there; buckets before `oldest` are no longer held and may be given up for room. */
export function openEntry(ring: Ring, width: RingWidth, bucket: number, oldest: number): number {
  const entry = findEntry(ring, bucket)
  if (entry >= 0 && ring.buckets[entry] === bucket) return entry
  return insertEntry(ring, width, entry, bucket, oldest)
}

function insertEntry(ring: Ring, width: RingWidth, before: number, bucket: number, oldest: number): number {
  const { sumCount, keptCount, sketchCount } = width
  let entry = before + 1
  if (ring.end === ring.buckets.length) entry -= makeRoom(ring, width, oldest)
  const { end, buckets, sums, kept } = ring
  buckets.copyWithin(entry + 1, entry, end)
  buckets[entry] = bucket
  sums.copyWithin((entry + 1) * sumCount, entry * sumCount, end * sumCount)
  if (entry > 0) sums.copyWithin(entry * sumCount, (entry - 1) * sumCount, entry * sumCount)
  else sums.fill(0, 0, sumCount)
  if (keptCount > 0) {
    kept.copyWithin((entry + 1) * keptCount, entry * keptCount, end * keptCount)
    kept.fill(Number.NaN, entry * keptCount, (entry + 1) * keptCount)
  }
  if (sketchCount > 0) ring.sketches.splice(entry * sketchCount, 0, ...Array.from({ length: sketchCount }, () => undefined))
  ring.end++
  return entry
}

/** Gives up what is no longer held, or doubles the room; the number of entries by which all others moved down. */
function makeRoom(ring: Ring, { sumCount, keptCount, sketchCount }: RingWidth, oldest: number): number {
  const gone = findEntry(ring, oldest - 1) + 1
  if (gone > 0) {
    const floor = ring.sums.slice((gone - 1) * sumCount, gone * sumCount)
    ring.buckets.copyWithin(0, gone, ring.end)
    ring.sums.copyWithin(0, gone * sumCount, ring.end * sumCount)
    ring.kept.copyWithin(0, gone * keptCount, ring.end * keptCount)
    ring.sketches.splice(0, gone * sketchCount)
    ring.end -= gone
    for (let at = 0; at < ring.end * sumCount; at += sumCount) {
      for (let lane = 0; lane < sumCount; lane++) ring.sums[at + lane] -= floor[lane]
    }
  }
  const capacity = ring.buckets.length
  if (ring.end > capacity / 2) {
    ring.buckets = grow(ring.buckets, capacity * 2)
    ring.sums = grow(ring.sums, capacity * 2 * sumCount)
    ring.kept = grow(ring.kept, capacity * 2 * keptCount)
  }
  return gone
}

function grow(values: Float64Array, length: number): Float64Array {
  const grown = new Float64Array(length)
  grown.set(values)
  return grown
}

/** Adds to a lane of an entry, and so to the running totals of all that come after it. */
export function addToLane(ring: Ring, sumCount: number, entry: number, lane: number, amount: number): void {
  const { sums, end } = ring
  for (let at = entry * sumCount + lane; at < end * sumCount; at += sumCount) sums[at] += amount
}

/** What a lane adds up to over the entries after `from` up to and with `to`; `from` may be -1. */
export function sumOf({ sums }: Ring, sumCount: number, lane: number, from: number, to: number): number {
  if (to <= from) return 0
  return sums[to * sumCount + lane] - (from < 0 ? 0 : sums[from * sumCount + lane])
}
