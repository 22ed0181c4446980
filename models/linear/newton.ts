import { sigmoid } from '../sigmoid.ts'
import { solveInPlace } from './cholesky.ts'

/** One-hot rows: `slots[row * perRow + k]` are the slots that are 1 in a row, beside the intercept, slot 0, which always is. */
export interface OneHotRows {
  readonly slots: Int32Array
  readonly perRow: number
  readonly slotCount: number
  readonly targets: Float32Array
  readonly weights?: Float32Array
}

/**
 * Minimises `Σ wᵢ · logloss(σ(w·xᵢ), yᵢ) + l2 / 2 · ‖w‖²` (the intercept is free) by Newton's method with step halving.
 *
 * Each row touches `perRow + 1` slots, so the Hessian costs a few dozen additions a row; the system is solved by Cholesky.
 * The loss is convex and l2 > 0, so the minimum is one and the method finds it, whatever it starts from.
 *
 * @see Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed., §4.4.1
 */
export function fitWeights(rows: OneHotRows, l2: number, iterationsAtMost: number): Float64Array {
  let weights = new Float64Array(rows.slotCount)
  weights[0] = baseLogit(rows)
  let loss = lossAt(rows, weights, l2)
  for (let iteration = 0; iteration < iterationsAtMost; iteration++) {
    const step = newtonStep(rows, weights, l2)
    if (!step) break
    let share = 1
    let next = weights
    let nextLoss = Number.POSITIVE_INFINITY
    for (; share > 1e-4; share /= 2) {
      next = weights.map((weight, slot) => weight - share * step[slot])
      nextLoss = lossAt(rows, next, l2)
      if (nextLoss <= loss) break
    }
    if (!(nextLoss < loss)) break
    const gain = loss - nextLoss
    weights = next
    loss = nextLoss
    if (gain <= 1e-9 * (1 + loss)) break
  }
  return weights
}

/** `w · x` of one row. */
export function logitOf(slots: Int32Array, row: number, perRow: number, weights: Float64Array): number {
  let logit = weights[0]
  const end = (row + 1) * perRow
  for (let at = row * perRow; at < end; at++) logit += weights[slots[at]]
  return logit
}

/** Solves `H · step = g` with `g = Σ w (p − y) x + l2 w` and `H = Σ w p (1 − p) x xᵀ + l2 I`. */
function newtonStep(rows: OneHotRows, weights: Float64Array, l2: number): Float64Array | null {
  const { slots, perRow, slotCount, targets } = rows
  const gradient = weights.map((weight, slot) => (slot === 0 ? 0 : l2 * weight))
  const hessian = new Float64Array(slotCount * slotCount)
  for (let slot = 0; slot < slotCount; slot++) hessian[slot * slotCount + slot] = slot === 0 ? 1e-9 : l2
  for (let row = 0; row < targets.length; row++) {
    const rowWeight = rows.weights ? rows.weights[row] : 1
    const probability = sigmoid(logitOf(slots, row, perRow, weights))
    const slope = rowWeight * (probability - targets[row])
    const curvature = rowWeight * probability * (1 - probability)
    gradient[0] += slope
    hessian[0] += curvature
    const from = row * perRow
    for (let i = 0; i < perRow; i++) {
      const slot = slots[from + i] // slots of a row rise with the feature, so (slot, earlier slot) is in the lower triangle
      const line = slot * slotCount
      gradient[slot] += slope
      hessian[line] += curvature
      for (let j = 0; j <= i; j++) hessian[line + slots[from + j]] += curvature
    }
  }
  return solveInPlace(hessian, gradient)
}

function lossAt(rows: OneHotRows, weights: Float64Array, l2: number): number {
  let loss = 0
  for (let row = 0; row < rows.targets.length; row++) {
    const logit = logitOf(rows.slots, row, rows.perRow, weights)
    const signed = rows.targets[row] === 1 ? -logit : logit
    // log(1 + e^x) without overflow
    loss += (rows.weights ? rows.weights[row] : 1) * (Math.max(signed, 0) + Math.log1p(Math.exp(-Math.abs(signed))))
  }
  let squares = 0
  for (let slot = 1; slot < weights.length; slot++) squares += weights[slot] * weights[slot]
  return loss + (l2 / 2) * squares
}

/** Log-odds of the weighted base rate, smoothed by half a row of each class. */
function baseLogit({ targets, weights }: OneHotRows): number {
  let positives = 0.5
  let negatives = 0.5
  for (let row = 0; row < targets.length; row++) {
    if (targets[row] === 1) positives += weights ? weights[row] : 1
    else negatives += weights ? weights[row] : 1
  }
  return Math.log(positives / negatives)
}
