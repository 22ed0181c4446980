import * as map from './memory-map.ts'
import type { MemoryViews } from './memory-views.ts'

/** Twin of assembly/gradients.ts: the same operations in the same precision, so the same bits. */
function cellOf(score: number): number {
  const cell = Math.fround(Math.fround(score + map.SCORE_RANGE) * map.CELLS_PER_LOGIT)
  return Math.trunc(Math.min(Math.max(cell, 0), map.CELL_COUNT - 1))
}

export function startCompactRange(views: MemoryViews, begin: number, end: number, value: number): void {
  const { u32, f32 } = views
  const stride = u32[map.STRIDE >> 2] >> 2
  const table = map.SCORE_TABLE >> 2
  for (let row = begin >>> 2; row < end >>> 2; row += stride) {
    const label = u32[row] & 1
    f32[row] += value
    const cell = cellOf(f32[row])
    u32[row] = (u32[row] & ~1) | label
    u32[row + (map.PACKED >> 2)] = u32[table + label * map.CELL_COUNT + cell]
  }
}

function predictionOf(views: MemoryViews, score: number): number {
  return views.u32[map.IS_BINARY >> 2] ? views.f64[(map.SCORE_TABLE >> 3) + cellOf(score)] : score
}

function gradientOf(views: MemoryViews, row: number, prediction: number): number {
  return views.f32[row + (map.WEIGHT >> 2)] * (prediction - views.f32[row + (map.TARGET >> 2)])
}

export function addToWideRange(views: MemoryViews, begin: number, end: number, value: number): number {
  const { u32, f32, f64 } = views
  const stride = u32[map.STRIDE >> 2] >> 2
  const unit = f64[map.SUM_UNIT >> 3]
  let sum = 0
  for (let row = begin >>> 2; row < end >>> 2; row += stride) {
    f32[row] += value
    sum += Math.floor(Math.abs(gradientOf(views, row, predictionOf(views, f32[row]))) * unit)
  }
  return sum
}

function hashOf(id: number, seed: number): number {
  let hash = id ^ seed
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

export function quantiseWideRows(views: MemoryViews, part: number): void {
  const { u32, i32, f32, f64 } = views
  const stride = u32[map.STRIDE >> 2] >> 2
  const gradientScale = f64[map.GRADIENT_SCALE >> 3]
  const hessianScale = f64[map.HESSIAN_SCALE >> 3]
  const isBinary = u32[map.IS_BINARY >> 2]
  const seed = u32[map.ROUND_SEED >> 2]
  const threshold = u32[map.ROW_THRESHOLD >> 2]
  const end = u32[(part + map.PART_END) >> 2] >>> 2
  for (let row = u32[(part + map.PART_BEGIN) >> 2] >>> 2; row < end; row += stride) {
    const prediction = predictionOf(views, f32[row])
    const curvature = isBinary ? prediction * (1 - prediction) : 1
    const isDrawn = hashOf(u32[row + (map.ROW_ID >> 2)], seed) <= threshold
    const gradient = Math.floor(gradientOf(views, row, prediction) * gradientScale + 0.5)
    const hessian = Math.floor(f32[row + (map.WEIGHT >> 2)] * curvature * hessianScale + 0.5)
    i32[row + (map.GRADIENT >> 2)] = isDrawn ? gradient : 0
    u32[row + (map.HESSIAN >> 2)] = isDrawn ? hessian : 0
  }
}
