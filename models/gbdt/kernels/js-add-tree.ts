import * as map from './memory-map.ts'
import type { MemoryViews } from './memory-views.ts'

/** Twin of assembly/add-tree.ts; a mask of 64 leaves is two 32-bit words. */
export function addTree(views: MemoryViews, part: number): void {
  const { u32, f32 } = views
  const stride = u32[map.STRIDE >> 2]
  const isWide = u32[map.IS_WIDE >> 2]
  const bins = isWide ? map.WIDE_BINS : map.COMPACT_BINS
  const labelBit = isWide ? 0 : 1
  const end = u32[(part + map.PART_END) >> 2]
  for (let row = u32[(part + map.PART_BEGIN) >> 2]; row < end; row += stride) {
    const score = row >>> 2
    const label = u32[score] & labelBit
    f32[score] += f32[(map.LEAF_VALUES >> 2) + leafOf(views, row + bins)]
    u32[score] = (u32[score] & ~labelBit) | label
  }
}

function leafOf({ u8, u32 }: MemoryViews, bins: number): number {
  const featureCount = u32[map.GROUP_COUNT >> 2] * 8
  for (let half = 0; half < u32[map.MASK_WORDS >> 2] * 2; half++) {
    const masks = u32[map.LEAF_MASKS >> 2] + (half >> 1) * featureCount * map.FEATURE_HISTOGRAM_BYTES + (half & 1) * 4
    let mask = -1
    for (let feature = 0; feature < featureCount; feature++) {
      mask &= u32[(masks + feature * map.FEATURE_HISTOGRAM_BYTES + u8[bins + feature] * 8) >>> 2]
    }
    if (mask !== 0) return half * 32 + 31 - Math.clz32(mask & -mask)
  }
  return 0
}
