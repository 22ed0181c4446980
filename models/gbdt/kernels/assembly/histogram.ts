import {
  COMPACT_BINS,
  FEATURE_HISTOGRAM_BYTES,
  GROUP_COUNT,
  GROUP_HISTOGRAM_BYTES,
  HESSIAN,
  HISTOGRAM,
  IS_WIDE,
  PACKED,
  PART_HISTOGRAMS,
  STRIDE,
  WIDE_BINS,
} from '../memory-map.ts'

/** One add for both sums: hessians are never negative and their sum fits 32 bits, so nothing carries into the gradient. */
// @ts-ignore: decorator
@inline
function addToBin(histogram: usize, feature: usize, bins: u64, packed: i64): void {
  const bin = histogram + (<usize>((bins >> (<u64>feature << 3)) & 255) << 3) + feature * FEATURE_HISTOGRAM_BYTES
  store<i64>(bin, load<i64>(bin) + packed)
}

// @ts-ignore: decorator
@inline
function addBins(histogram: usize, bins: u64, packed: i64): void {
  addToBin(histogram, 0, bins, packed)
  addToBin(histogram, 1, bins, packed)
  addToBin(histogram, 2, bins, packed)
  addToBin(histogram, 3, bins, packed)
  addToBin(histogram, 4, bins, packed)
  addToBin(histogram, 5, bins, packed)
  addToBin(histogram, 6, bins, packed)
  addToBin(histogram, 7, bins, packed)
}

/** Rows of one 8-feature group at a time: its histogram (16 KB) stays in the first cache. */
export function addToHistogram(begin: usize, end: usize, histogram: usize): void {
  const stride = load<usize>(STRIDE)
  const isWide = load<u32>(IS_WIDE)
  const groupCount = load<usize>(GROUP_COUNT)
  for (let group: usize = 0; group < groupCount; group++) {
    const groupHistogram = histogram + group * GROUP_HISTOGRAM_BYTES
    if (isWide) {
      const offset = (group << 3) + WIDE_BINS
      for (let row = begin; row < end; row += stride) {
        addBins(groupHistogram, load<u64>(row + offset), load<i64>(row, HESSIAN))
      }
    } else {
      const offset = (group << 3) + COMPACT_BINS
      for (let row = begin; row < end; row += stride) {
        const packed = load<u32>(row, PACKED)
        addBins(groupHistogram, load<u64>(row + offset), (<i64>(<i32>packed >> 16) << 32) | <i64>(packed & 0xffff))
      }
    }
  }
}

/** Part 0 sums into the histogram itself, every other part into one of its own. */
export function histogramOf(part: usize): usize {
  if (part === 0) return load<usize>(HISTOGRAM)
  return load<usize>(PART_HISTOGRAMS) + (part - 1) * load<usize>(GROUP_COUNT) * GROUP_HISTOGRAM_BYTES
}

/** Sets a part's histogram to zero and returns its address. */
export function clearedHistogramOf(part: usize): usize {
  const histogram = histogramOf(part)
  memory.fill(histogram, 0, load<usize>(GROUP_COUNT) * GROUP_HISTOGRAM_BYTES)
  return histogram
}

/** Adds the other parts' histograms to part 0's, and takes the sum from the parent's: what is left is the sibling's. */
export function mergeHistograms(partCount: usize, parent: usize): void {
  const bytes = load<usize>(GROUP_COUNT) * GROUP_HISTOGRAM_BYTES
  const target = load<usize>(HISTOGRAM)
  for (let part: usize = 1; part < partCount; part++) {
    const source = histogramOf(part)
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(target + at, i64x2.add(v128.load(target + at), v128.load(source + at)))
    }
  }
  if (parent === 0) return
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(parent + at, i64x2.sub(v128.load(parent + at), v128.load(target + at)))
  }
}
