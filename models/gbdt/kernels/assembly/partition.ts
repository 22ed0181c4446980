import { LEFT_OFFSETS, RIGHT_OFFSETS, SPLIT_TABLE, STRIDE } from '../memory-map.ts'

const BLOCK_ROWS: usize = 128

// @ts-ignore: decorator
@inline
function goesLeft(row: usize, feature: usize): u32 {
  return load<u8>(<usize>load<u8>(row + feature) + SPLIT_TABLE)
}

// @ts-ignore: decorator
@inline
function swapRows(a: usize, b: usize, stride: usize): void {
  for (let at: usize = 0; at < stride; at += 16) {
    const held = v128.load(a + at)
    v128.store(a + at, v128.load(b + at))
    v128.store(b + at, held)
  }
}

/**
 * Moves the rows that go left before those that go right, in place; returns the address of the first that goes right.
 *
 * Blocks of 128 rows from either end are searched for misplaced rows without a branch, and only those are swapped. `feature` is the
 * feature's byte within a record.
 *
 * @see Edelkamp & Weiss, BlockQuicksort (ESA 2016), algorithm 3
 */
export function partitionRows(part: usize, begin: usize, end: usize, feature: usize): usize {
  const stride = load<usize>(STRIDE)
  const blockBytes = BLOCK_ROWS * stride
  const lefts = part + LEFT_OFFSETS
  const rights = part + RIGHT_OFFSETS
  let left = begin
  let right = end
  let leftAt: usize = 0
  let leftCount: usize = 0
  let rightAt: usize = 0
  let rightCount: usize = 0
  while (right - left >= 2 * blockBytes) {
    if (leftCount === 0) {
      leftAt = 0
      let row = left
      for (let i: usize = 0; i < BLOCK_ROWS; i++) {
        store<u8>(lefts + leftCount, <u8>i)
        leftCount += <usize>(goesLeft(row, feature) ^ 1)
        row += stride
      }
    }
    if (rightCount === 0) {
      rightAt = 0
      let row = right
      for (let i: usize = 0; i < BLOCK_ROWS; i++) {
        row -= stride
        store<u8>(rights + rightCount, <u8>i)
        rightCount += <usize>goesLeft(row, feature)
      }
    }
    const swaps = min(leftCount, rightCount)
    for (let i: usize = 0; i < swaps; i++) {
      const a = left + <usize>load<u8>(lefts + leftAt + i) * stride
      const b = right - (<usize>load<u8>(rights + rightAt + i) + 1) * stride
      swapRows(a, b, stride)
    }
    leftAt += swaps
    rightAt += swaps
    leftCount -= swaps
    rightCount -= swaps
    if (leftCount === 0) left += blockBytes
    if (rightCount === 0) right -= blockBytes
  }
  while (true) {
    while (left < right && goesLeft(left, feature)) left += stride
    while (left < right && !goesLeft(right - stride, feature)) right -= stride
    if (left >= right) return left
    right -= stride
    swapRows(left, right, stride)
    left += stride
  }
}
