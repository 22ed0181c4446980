import { makeCholeskyStep } from './cholesky-step.ts'
import { makeDescentStep } from './descent-step.ts'
import type { MakeNewtonStep } from './newton-step.ts'
import { logitsOf, type OneHotRows } from './one-hot-rows.ts'

/**
 * Most slots of which the Hessian is made as a matrix.
 *
 * CPU seconds of a whole fit with the matrix and without, 27,572 rows of numbers in 12 bins: 102 slots .022 and .030, 154 .048 and .059, 204 .077 and
 * .086, 304 .21 and .13, 507 .53 and .28, 1,482 13.5 and 1.9. With 2,000 rows they cross at 80 slots (155: .010 and .003), with 300,000 at 300: either is
 * cheap in between.
 */
export const denseSlotsAtMost = 128

/** The loss has come down for good where a step takes less than this share of it (and of 1) away. */
const gainAtLeast = 1e-9

/**
 * Minimises `Σ wᵢ · logloss(σ(w·xᵢ), yᵢ) + l2 / 2 · ‖w‖²` (the intercept is free) by Newton's method with step halving.
 *
 * Few slots make a matrix, which Cholesky solves; of many, coordinate descent solves the same system without one. The loss is convex and l2 > 0, so the
 * minimum is one and the method finds it, whatever it starts from. It ends where a step lowers the loss by less than 1e-9 of it.
 *
 * @see Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 2nd ed., §4.4.1
 */
export function fitWeights(
  rows: OneHotRows,
  {
    l2,
    iterationsAtMost,
    makeStep = rows.slotCount > denseSlotsAtMost ? makeDescentStep : makeCholeskyStep,
  }: {
    readonly l2: number
    readonly iterationsAtMost: number
    /** By the number of slots if absent. */
    readonly makeStep?: MakeNewtonStep
  },
): Float64Array {
  const toStep = makeStep(rows, l2)
  let weights = new Float64Array(rows.slotCount)
  weights[0] = baseLogit(rows)
  let logits = logitsOf(rows, rows.targets.length, weights)
  let loss = lossAt(rows, logits, weights, l2)
  for (let iteration = 0; iteration < iterationsAtMost; iteration++) {
    const step = toStep(weights, logits)
    if (!step) break
    let next = weights
    let nextLogits = logits
    let nextLoss = Number.POSITIVE_INFINITY
    for (let share = 1; share > 1e-4; share /= 2) {
      next = weights.map((weight, slot) => weight - share * step[slot])
      nextLogits = logitsOf(rows, rows.targets.length, next)
      nextLoss = lossAt(rows, nextLogits, next, l2)
      if (nextLoss <= loss) break
    }
    if (!(nextLoss < loss)) break
    const gain = loss - nextLoss
    weights = next
    logits = nextLogits
    loss = nextLoss
    if (gain <= gainAtLeast * (1 + loss)) break
  }
  return weights
}

function lossAt({ targets, weights: rowWeights }: OneHotRows, logits: Float64Array, weights: Float64Array, l2: number): number {
  let loss = 0
  for (let row = 0; row < logits.length; row++) {
    const signed = targets[row] === 1 ? -logits[row] : logits[row]
    // log(1 + e^x) without overflow
    loss += (rowWeights ? rowWeights[row] : 1) * (Math.max(signed, 0) + Math.log1p(Math.exp(-Math.abs(signed))))
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
