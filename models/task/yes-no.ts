/**
 * What a yes-or-no label is to all that learns and judges: a target is 1 for yes and 0 for no, a score the probability of yes, and a loss the
 * log loss in nats. `measure/` and `policy/` are given losses; how well scores tell yes from no beyond them is measured in `yes-no/`.
 */

/** Scores are clipped to this far from 0 and 1 before a logarithm is taken, so that one wrong certainty cannot make the loss infinite. */
export const scoreFloor = 1e-6
/** The same in a duel of models: a row then counts at most ln 999 = 6.9, since one row must not outweigh an hour. */
const duelScoreFloor = 1e-3

/** Whether a model's output is a score: a number from 0 to 1. */
export function isScore(score: number): boolean {
  return score >= 0 && score <= 1
}

/**
 * Log loss of one score against its target, in nats. NaN for a score that is NaN.
 *
 * @example lossOf(0.5, 1) // 0.693…
 */
export function lossOf(score: number, target: number): number {
  return clippedLoss(score, target, scoreFloor)
}

/** The loss of each row. */
export function lossesOf(scores: ArrayLike<number>, targets: ArrayLike<number>): Float64Array {
  return Float64Array.from(targets, (target, row) => lossOf(scores[row], target))
}

/**
 * The losses of two models' scores of one row as a duel counts them: from 0.001 to 6.9.
 *
 * @example duelLossesOf([0.5, 0.9], 1) // [0.693…, 0.105…]
 */
export function duelLossesOf(
  [first, second]: readonly [first: number, second: number],
  target: number,
): readonly [first: number, second: number] {
  return [clippedLoss(first, target, duelScoreFloor), clippedLoss(second, target, duelScoreFloor)]
}

function clippedLoss(score: number, target: number, floor: number): number {
  const clipped = Math.min(1 - floor, Math.max(floor, score))
  return -Math.log(target === 1 ? clipped : 1 - clipped)
}
