import { sigmoid } from '../../sigmoid.ts'
import { scoreFloor } from '../yes-no.ts'

/** Rows of like score: what was promised beside what came. */
export interface ReliabilityBin {
  readonly rowCount: number
  readonly meanScore: number
  readonly positiveRatio: number
}

/**
 * Rows in order of their score, cut into at most `binCount` bins of equal count: the points of a reliability plot.
 *
 * Equal scores stay in one bin, since no order among them means anything; so bins may differ in count, and a constant score gives one bin.
 * Targets are 0 or 1. Without rows there are no bins.
 *
 * @see Niculescu-Mizil & Caruana, Predicting good probabilities with supervised learning (ICML 2005)
 * @example reliabilityTable([0.1, 0.3, 0.8, 0.6], [0, 0, 1, 0], 2) // bins of mean score 0.2 and 0.7, of which 0 and 0.5 were positive
 */
export function reliabilityTable(scores: ArrayLike<number>, targets: ArrayLike<number>, binCount: number): ReliabilityBin[] {
  const rowCount = scores.length
  const order = Uint32Array.from({ length: rowCount }, (_, row) => row).sort((a, b) => scores[a] - scores[b])
  const bins: ReliabilityBin[] = []
  let start = 0
  for (let bin = 1; bin <= binCount; bin++) {
    let end = Math.max(start, Math.round((rowCount * bin) / binCount))
    while (end > start && end < rowCount && scores[order[end]] === scores[order[end - 1]]) end++
    if (end > start) bins.push(toBin(order.subarray(start, end), scores, targets))
    start = end
  }
  return bins
}

function toBin(rows: Uint32Array, scores: ArrayLike<number>, targets: ArrayLike<number>): ReliabilityBin {
  let scoreSum = 0
  let positives = 0
  for (const row of rows) {
    scoreSum += scores[row]
    positives += targets[row]
  }
  return { rowCount: rows.length, meanScore: scoreSum / rows.length, positiveRatio: positives / rows.length }
}

/**
 * The same from counts of rows by score, bin `b` of `n` holding the scores from b / n to (b + 1) / n: at most `binCount` bins of about equal count.
 *
 * A row's score is taken for the middle of its bin.
 *
 * @example reliabilityOfCounts([1, 0], [0, 1], 2) // one row each of mean score 0.25 and 0.75
 */
export function reliabilityOfCounts(positives: readonly number[], negatives: readonly number[], binCount: number): ReliabilityBin[] {
  const total = [...positives, ...negatives].reduce((sum, count) => sum + count, 0)
  const bins: ReliabilityBin[] = []
  let [rowCount, scoreSum, yesCount, done] = [0, 0, 0, 0]
  for (let bin = 0; bin < positives.length; bin++) {
    const count = positives[bin] + negatives[bin]
    rowCount += count
    scoreSum += (count * (bin + 0.5)) / positives.length
    yesCount += positives[bin]
    const isLast = bin === positives.length - 1
    if (rowCount === 0 || (!isLast && done + rowCount < ((bins.length + 1) * total) / binCount)) continue
    bins.push({ rowCount, meanScore: scoreSum / rowCount, positiveRatio: yesCount / rowCount })
    done += rowCount
    rowCount = scoreSum = yesCount = 0
  }
  return bins
}

/**
 * Expected calibration error: Σ rows · |positive ratio − mean score| / Σ rows, over the bins of a reliability table. Null without rows.
 *
 * Chance alone keeps it above 0; compare models on the same rows and bin count.
 *
 * @see Naeini, Cooper & Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning (AAAI 2015)
 * @example expectedCalibrationError([{ rowCount: 10, meanScore: 0.2, positiveRatio: 0.3 }]) // 0.1
 */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number | null {
  let errorSum = 0
  let rowCount = 0
  for (const bin of bins) {
    errorSum += bin.rowCount * Math.abs(bin.positiveRatio - bin.meanScore)
    rowCount += bin.rowCount
  }
  return rowCount === 0 ? null : errorSum / rowCount
}

/** What turns scores into calibrated ones: log-odds of yes = intercept + slope · log-odds of the score. */
export interface Recalibration {
  readonly slope: number
  readonly intercept: number
}

const iterationsAtMost = 50
/** Newton stops where a full step would lower the mean loss by less than half of this, in nats. */
const decrementAtMost = 1e-14

/**
 * Calibration slope and intercept: the logistic regression of targets on the log-odds of their scores.
 *
 * Slope 1 and intercept 0 are perfect; a slope below 1 tells of scores too far from the base rate (overfitting), above 1 of scores too near.
 * Null where no finite slope fits best: without rows of both classes, with a constant score, and where a threshold parts the classes
 * (Albert & Anderson 1984).
 *
 * @see Cox, Two further applications of a model for binary regression (Biometrika 1958)
 * @example fitRecalibration([0.2, 0.2, 0.2, 0.2, 0.2, 0.8, 0.8, 0.8, 0.8, 0.8], [1, 0, 0, 0, 0, 1, 1, 1, 1, 0]) // slope 1, intercept 0
 */
export function fitRecalibration(scores: ArrayLike<number>, targets: ArrayLike<number>): Recalibration | null {
  const logits = Float64Array.from(scores, logOdds)
  if (!doClassesOverlap(logits, targets)) return null
  const centre = logits.reduce((sum, logit) => sum + logit, 0) / logits.length // scores that hardly vary stay well conditioned
  for (let row = 0; row < logits.length; row++) logits[row] -= centre
  let line: Recalibration = { slope: 1, intercept: centre }
  let loss = lossAt(line, logits, targets)
  for (let iteration = 0; iteration < iterationsAtMost; iteration++) {
    const { step, decrement } = newtonStep(line, logits, targets)
    if (!(decrement > decrementAtMost)) break
    let share = 1
    let next = line
    let nextLoss = Number.POSITIVE_INFINITY
    for (; !(nextLoss < loss) && share > 1e-4; share /= 2) {
      next = { slope: line.slope - share * step.slope, intercept: line.intercept - share * step.intercept }
      nextLoss = lossAt(next, logits, targets)
    }
    if (!(nextLoss < loss)) break
    line = next
    loss = nextLoss
  }
  return { slope: line.slope, intercept: line.intercept - line.slope * centre }
}

function logOdds(score: number): number {
  const clipped = Math.min(1 - scoreFloor, Math.max(scoreFloor, score))
  return Math.log(clipped / (1 - clipped))
}

/** Whether some yes lies below some no, and some no below some yes: then, and only then, the best slope is finite and one. */
function doClassesOverlap(logits: Float64Array, targets: ArrayLike<number>): boolean {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let row = 0; row < logits.length; row++) {
    const target = targets[row]
    low[target] = Math.min(low[target], logits[row])
    high[target] = Math.max(high[target], logits[row])
  }
  return low[1] < high[0] && low[0] < high[1]
}

/** Solves `H · step = g` for the mean loss, with g = mean (p − y) (1, x) and H = mean p (1 − p) (1, x) (1, x)ᵀ; decrement = g · step. */
function newtonStep({ slope, intercept }: Recalibration, logits: Float64Array, targets: ArrayLike<number>) {
  const rowCount = logits.length
  let [gradient0, gradient1, hessian00, hessian01, hessian11] = [0, 0, 0, 0, 0]
  for (let row = 0; row < rowCount; row++) {
    const logit = logits[row]
    const probability = sigmoid(intercept + slope * logit)
    const error = (probability - targets[row]) / rowCount
    const curvature = (probability * (1 - probability)) / rowCount
    gradient0 += error
    gradient1 += error * logit
    hessian00 += curvature
    hessian01 += curvature * logit
    hessian11 += curvature * logit * logit
  }
  const determinant = hessian00 * hessian11 - hessian01 * hessian01
  const step = {
    intercept: (hessian11 * gradient0 - hessian01 * gradient1) / determinant,
    slope: (hessian00 * gradient1 - hessian01 * gradient0) / determinant,
  }
  return { step, decrement: gradient0 * step.intercept + gradient1 * step.slope }
}

/** Mean of log(1 + e^±logit), without overflow. */
function lossAt({ slope, intercept }: Recalibration, logits: Float64Array, targets: ArrayLike<number>): number {
  let loss = 0
  for (let row = 0; row < logits.length; row++) {
    const logit = intercept + slope * logits[row]
    const signed = targets[row] === 1 ? -logit : logit
    loss += Math.max(signed, 0) + Math.log1p(Math.exp(-Math.abs(signed)))
  }
  return loss / logits.length
}
