import { hashValue } from '#models/windows/distinct.ts'

/** Hashes are below this. */
export const hashEnd = 2 ** 32

/** Where a key lies among all: pages hold ranges of hashes, so that keys of any kind fill them alike. */
export function toHash(key: string): number {
  return hashValue(key)
}

/** The last of some ranges, in order, that begins at a hash or before it; -1 where all begin later. */
export function rangeOf(ranges: readonly { readonly fromHash: number }[], hash: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranges[middle].fromHash <= hash) low = middle + 1
    else high = middle
  }
  return low - 1
}
