import { sigmoid } from '../sigmoid.ts'
import { CELL_COUNT, CELLS_PER_LOGIT, SCORE_RANGE } from './kernels/memory-map.ts'

/** What is minimised: log loss of a 0/1 target, or the squared error of a number. */
export type Objective = 'binary' | 'squared-error'

/** Probabilities at the middle of every cell of the score table. Computed once in JavaScript, so that all kernels use the same bits. */
export function cellProbabilities(): Float64Array {
  return Float64Array.from({ length: CELL_COUNT }, (_, cell) => sigmoid((cell + 0.5) / CELLS_PER_LOGIT - SCORE_RANGE))
}

/**
 * The best constant score, a float32: log-odds of the mean target, or the mean itself.
 *
 * The weights of yes and no are summed apart: taken from the sum of all, a small one would vanish beside a weight of 1e20.
 */
export function bestConstant(objective: Objective, targets: Float32Array, weights: Float32Array | undefined): number {
  let sum = 0
  let weightSum = 0
  let noSum = 0
  for (let row = 0; row < targets.length; row++) {
    const weight = weights ? weights[row] : 1
    sum += weight * targets[row]
    weightSum += weight
    noSum += weight * (1 - targets[row])
  }
  return Math.fround(objective === 'binary' ? Math.log(sum) - Math.log(noSum) : sum / weightSum)
}

/**
 * Mean loss of raw scores: log loss in nats, or half the squared error.
 *
 * The log loss is written with the score, log(1 + e^s) − y·s, so that it stays finite where the probability rounds to 0 or 1.
 */
export function meanLoss(objective: Objective, scores: Float64Array, targets: Float32Array, weights: Float32Array | undefined): number {
  let weightSum = 0
  let sum = 0
  for (let row = 0; row < targets.length; row++) {
    const score = scores[row]
    const weight = weights ? weights[row] : 1
    weightSum += weight
    sum +=
      weight *
      (objective === 'binary'
        ? Math.max(score, 0) + Math.log1p(Math.exp(-Math.abs(score))) - targets[row] * score
        : (score - targets[row]) ** 2 / 2)
  }
  return sum / weightSum
}
