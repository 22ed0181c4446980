import {
  COMPACT_BINS,
  FEATURE_HISTOGRAM_BYTES,
  GROUP_COUNT,
  GROUP_HISTOGRAM_BYTES,
  IS_WIDE,
  LEAF_MASKS,
  LEAF_VALUES,
  MASK_WORDS,
  PART_BEGIN,
  PART_END,
  SCORE,
  STRIDE,
  WIDE_BINS,
} from '../memory-map.ts'

/** Bits of the leaves that one bin of one feature leaves reachable. */
// @ts-ignore: decorator
@inline
function maskOf(masks: usize, feature: usize, bins: u64): u64 {
  return load<u64>(masks + (<usize>((bins >> (<u64>feature << 3)) & 255) << 3) + feature * FEATURE_HISTOGRAM_BYTES)
}

/** The leaf of a row: the one whose bit survives every feature. Up to 64 leaves a word. */
// @ts-ignore: decorator
@inline
function leafOf(row: usize, groupCount: usize, masks: usize, wordCount: usize): usize {
  for (let word: usize = 0; word < wordCount; word++) {
    let mask: u64 = ~0
    for (let group: usize = 0; group < groupCount; group++) {
      const bins = load<u64>(row + (group << 3))
      const groupMasks = masks + (word * groupCount + group) * GROUP_HISTOGRAM_BYTES
      mask &= maskOf(groupMasks, 0, bins) & maskOf(groupMasks, 1, bins) & maskOf(groupMasks, 2, bins) & maskOf(groupMasks, 3, bins)
      mask &= maskOf(groupMasks, 4, bins) & maskOf(groupMasks, 5, bins) & maskOf(groupMasks, 6, bins) & maskOf(groupMasks, 7, bins)
    }
    if (mask !== 0) return (word << 6) + <usize>ctz(mask)
  }
  return 0
}

/**
 * Adds the value of a saved tree to the score of every row, without walking it.
 *
 * @see Lucchese et al., QuickScorer (SIGIR 2015); with a table per bin the search over thresholds falls away
 */
export function addTree(part: usize): void {
  const stride = load<usize>(STRIDE)
  const groupCount = load<usize>(GROUP_COUNT)
  const masks = load<usize>(LEAF_MASKS)
  const wordCount = load<usize>(MASK_WORDS)
  const isWide = load<u32>(IS_WIDE)
  const bins: usize = isWide ? WIDE_BINS : COMPACT_BINS
  const labelBit: u32 = isWide ? 0 : 1
  const end = load<usize>(part, PART_END)
  for (let row = load<usize>(part, PART_BEGIN); row < end; row += stride) {
    const label = load<u32>(row, SCORE) & labelBit
    const score = load<f32>(row, SCORE) + load<f32>((leafOf(row + bins, groupCount, masks, wordCount) << 2) + LEAF_VALUES)
    store<u32>(row, (reinterpret<u32>(score) & ~labelBit) | label, SCORE)
  }
}
