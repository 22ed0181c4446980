import {
  CELL_COUNT,
  CELLS_PER_LOGIT,
  GRADIENT,
  GRADIENT_SCALE,
  HESSIAN,
  HESSIAN_SCALE,
  IS_BINARY,
  PACKED,
  PART_BEGIN,
  PART_END,
  ROUND_SEED,
  ROW_ID,
  ROW_THRESHOLD,
  SCORE,
  SCORE_RANGE,
  SCORE_TABLE,
  STRIDE,
  SUM_UNIT,
  TARGET,
  WEIGHT,
} from '../memory-map.ts'

/** Cell of the score table: round down to a step of 1/128 logit, clamped to the table. */
// @ts-ignore: decorator
@inline
function cellOf(score: f32): i32 {
  const cell = (score + <f32>SCORE_RANGE) * <f32>CELLS_PER_LOGIT
  return <i32>min<f32>(max<f32>(cell, 0), <f32>(CELL_COUNT - 1))
}

/** Compact records: adds the leaf's value to the score of every row and looks up its packed gradient and hessian. */
export function startCompactRange(begin: usize, end: usize, value: f32): void {
  const stride = load<usize>(STRIDE)
  for (let row = begin; row < end; row += stride) {
    const label = load<u32>(row, SCORE) & 1
    const score = load<f32>(row, SCORE) + value
    store<u32>(row, (reinterpret<u32>(score) & ~1) | label, SCORE)
    const entry = label * CELL_COUNT + cellOf(score)
    store<u32>(row, load<u32>((<usize>entry << 2) + SCORE_TABLE), PACKED)
  }
}

// @ts-ignore: decorator
@inline
function probabilityAt(score: f32): f64 {
  return load<f64>((<usize>cellOf(score) << 3) + SCORE_TABLE)
}

/** Gradient of a wide record: weight × (prediction − target). */
// @ts-ignore: decorator
@inline
function gradientOf(row: usize, prediction: f64): f64 {
  return <f64>load<f32>(row, WEIGHT) * (prediction - <f64>load<f32>(row, TARGET))
}

/** Wide records: adds the leaf's value to the scores; returns the sum of |gradient| in whole units, exact in any order. */
export function addToWideRange(begin: usize, end: usize, value: f32): f64 {
  const stride = load<usize>(STRIDE)
  const unit = load<f64>(SUM_UNIT)
  const isBinary = load<u32>(IS_BINARY)
  let sum: f64 = 0
  for (let row = begin; row < end; row += stride) {
    const score = load<f32>(row, SCORE) + value
    store<f32>(row, score, SCORE)
    const prediction = isBinary ? probabilityAt(score) : <f64>score
    sum += Math.floor(Math.abs(gradientOf(row, prediction)) * unit)
  }
  return sum
}

/** A hash of the row's id and the round (murmur3's finaliser), so that a row is drawn or not whatever thread holds it. */
// @ts-ignore: decorator
@inline
function hashOf(id: u32, seed: u32): u32 {
  let hash = id ^ seed
  hash = (hash ^ (hash >>> 16)) * 0x85ebca6b
  hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35
  return hash ^ (hash >>> 16)
}

/** Wide records: gradients and hessians as integers; 0 for the rows that this round does not draw. */
export function quantiseWideRows(part: usize): void {
  const stride = load<usize>(STRIDE)
  const gradientScale = load<f64>(GRADIENT_SCALE)
  const hessianScale = load<f64>(HESSIAN_SCALE)
  const isBinary = load<u32>(IS_BINARY)
  const seed = load<u32>(ROUND_SEED)
  const threshold = load<u32>(ROW_THRESHOLD)
  const end = load<usize>(part, PART_END)
  for (let row = load<usize>(part, PART_BEGIN); row < end; row += stride) {
    const score = load<f32>(row, SCORE)
    const prediction = isBinary ? probabilityAt(score) : <f64>score
    const curvature = isBinary ? prediction * (1 - prediction) : 1
    const isDrawn = hashOf(load<u32>(row, ROW_ID), seed) <= threshold
    const gradient = Math.floor(gradientOf(row, prediction) * gradientScale + 0.5)
    const hessian = Math.floor(<f64>load<f32>(row, WEIGHT) * curvature * hessianScale + 0.5)
    store<i32>(row, isDrawn ? <i32>gradient : 0, GRADIENT)
    store<u32>(row, isDrawn ? <u32>hessian : 0, HESSIAN)
  }
}
