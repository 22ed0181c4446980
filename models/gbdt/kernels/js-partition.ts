import * as map from './memory-map.ts'
import type { MemoryViews } from './memory-views.ts'

/** Twin of assembly/partition.ts: Hoare's scan from both ends. The order within a side differs, which no sum can see. */
export function partitionRows(views: MemoryViews, begin: number, end: number, feature: number): number {
  const { u8, u32 } = views
  const stride = u32[map.STRIDE >> 2]
  const goesLeft = (row: number) => u8[map.SPLIT_TABLE + u8[row + feature]] === 1
  let left = begin
  let right = end
  while (true) {
    while (left < right && goesLeft(left)) left += stride
    while (left < right && !goesLeft(right - stride)) right -= stride
    if (left >= right) return left
    right -= stride
    swapRows(u32, left, right, stride)
    left += stride
  }
}

function swapRows(u32: Uint32Array, a: number, b: number, stride: number): void {
  for (let word = 0; word < stride >> 2; word++) {
    const held = u32[(a >>> 2) + word]
    u32[(a >>> 2) + word] = u32[(b >>> 2) + word]
    u32[(b >>> 2) + word] = held
  }
}
