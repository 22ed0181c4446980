/**
 * The buckets of one key, only those in which something is, oldest first.
 *
 * An entry is a row of `stride` numbers in `cells`: its bucket, a running total for each summed lane, and a number of that bucket alone for each
 * lane that cannot be subtracted, such as a minimum. A total is the sum of all entries up to and with its own, so that a window is one
 * subtraction whatever its length. Totals are whole numbers, so adding and subtracting loses nothing and no order of arrival shows in them.
 */
export interface Ring {
  /** How many entries there are. */
  end: number
  cells: Float64Array
  /** Sketches of each bucket alone, `sketchCount` an entry, for distinct counts. */
  readonly sketches: (Uint8Array | undefined)[]
}

/** How an entry is laid out: bucket, sums, kept numbers. */
export interface RingWidth {
  readonly stride: number
  readonly sumCount: number
  readonly keptCount: number
  readonly sketchCount: number
}

const firstCapacity = 2
const noSketches: (Uint8Array | undefined)[] = []

export function makeRing({ stride, sketchCount }: RingWidth): Ring {
  return { end: 0, cells: new Float64Array(firstCapacity * stride), sketches: sketchCount > 0 ? [] : noSketches }
}

/** The last entry whose bucket is at most `bucket`; -1 where there is none. */
export function findEntry({ cells, end }: Ring, stride: number, bucket: number): number {
  let low = 0
  let high = end
  if (end > 0 && cells[(end - 1) * stride] <= bucket) return end - 1 // most reads ask for the newest
  while (low < high) {
    const middle = (low + high) >> 1
    if (cells[middle * stride] <= bucket) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The entry of a bucket, made if it is not there; buckets before `oldest` are no longer held and may be given up for room. */
export function openEntry(ring: Ring, width: RingWidth, bucket: number, oldest: number): number {
  const entry = findEntry(ring, width.stride, bucket)
  if (entry >= 0 && ring.cells[entry * width.stride] === bucket) return entry
  return insertEntry(ring, width, entry + 1, bucket, oldest)
}

function insertEntry(ring: Ring, width: RingWidth, place: number, bucket: number, oldest: number): number {
  const { stride, sumCount, sketchCount } = width
  const entry = (ring.end + 1) * stride > ring.cells.length ? place - makeRoom(ring, width, oldest) : place
  const { end, cells } = ring
  const from = entry * stride
  if (entry < end) cells.copyWithin(from + stride, from, end * stride)
  cells[from] = bucket
  for (let at = 1; at <= sumCount; at++) cells[from + at] = entry > 0 ? cells[from - stride + at] : 0
  cells.fill(Number.NaN, from + 1 + sumCount, from + stride)
  if (sketchCount > 0) ring.sketches.splice(entry * sketchCount, 0, ...Array.from({ length: sketchCount }, () => undefined))
  ring.end++
  return entry
}

/** Gives up what is no longer held, or doubles the room; the number of entries by which all others moved down. */
function makeRoom(ring: Ring, { stride, sumCount, sketchCount }: RingWidth, oldest: number): number {
  const gone = findEntry(ring, stride, oldest - 1) + 1
  if (gone > 0) {
    const floor = ring.cells.slice((gone - 1) * stride, gone * stride)
    ring.cells.copyWithin(0, gone * stride, ring.end * stride)
    ring.sketches.splice(0, gone * sketchCount)
    ring.end -= gone
    for (let at = 0; at < ring.end * stride; at += stride) {
      for (let lane = 1; lane <= sumCount; lane++) ring.cells[at + lane] -= floor[lane]
    }
  }
  if (ring.end * stride * 2 > ring.cells.length) {
    const grown = new Float64Array(ring.cells.length * 2)
    grown.set(ring.cells)
    ring.cells = grown
  }
  return gone
}

/** Adds to a summed lane of an entry, and so to the totals of all that come after it. */
export function addToLane({ cells, end }: Ring, { stride }: RingWidth, entry: number, lane: number, amount: number): void {
  for (let at = entry * stride + 1 + lane; at < end * stride; at += stride) cells[at] += amount
}

/** What a lane adds up to over the entries after `from` up to and with `to`; `from` may be -1. */
export function sumOf({ cells }: Ring, { stride }: RingWidth, lane: number, from: number, to: number): number {
  if (to <= from) return 0
  return cells[to * stride + 1 + lane] - (from < 0 ? 0 : cells[from * stride + 1 + lane])
}

/** Where the kept number of an entry is among the cells. */
export function keptAt({ stride, sumCount }: RingWidth, entry: number, lane: number): number {
  return entry * stride + 1 + sumCount + lane
}
