import { MillraceError } from '../errors.ts'
import { logLossOf } from './binary.ts'
import { normalQuantile } from './normal.ts'

/** How a block bootstrap is drawn: `confidence` from 0 to 1, both ends left out; `random` gives numbers from 0 to below 1. */
export interface BootstrapSettings {
  readonly draws: number
  readonly confidence: number
  readonly random: () => number
}

/** The two ends of a confidence interval. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * Blocks that a series is cut into for the bootstrap.
 *
 * Künsch's rate of n^(1/3) rows a block suits dependence that soon ends, but flights share weather and knock-on delays for a day and more.
 * Measured on the 200,000 flights (12 days) after three cut-offs: with blocks of a day the standard error of a paired gain is 6 to 17 times
 * that of independent rows, with n^(1/3) = 58 rows 1.4 to 1.9 times, which would call weather a gain. So blocks are as long as leaves
 * enough of them for a 95 % interval: by Künsch's variance, 4/3 · block rows / rows, 20 blocks know its width to about an eighth.
 */
const blockCount = 20

/**
 * Mean log loss by which the scores `a` beat the scores `b` on the same rows, in nats, with its bootstrap interval.
 *
 * Gain = Σ (loss of b − loss of a) / n; above 0, `a` is better. Differences are taken row by row, so what makes a day hard for both cancels out.
 * Rows are in time order and are drawn in blocks of neighbours. Null below two rows, which leave the interval undefined.
 *
 * @throws MillraceError ARGUMENT_INVALID where lengths differ, or draws or confidence is out of range
 * @see Künsch, The jackknife and the bootstrap for general stationary observations (Annals of Statistics, 1989)
 * @example pairedLossGain(candidate, champion, targets, { draws: 1000, confidence: 0.95, random }) // { gain: 0.004, low: 0.001, high: 0.007 }
 */
export function pairedLossGain(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  targets: ArrayLike<number>,
  settings: BootstrapSettings,
): (Interval & { readonly gain: number }) | null {
  checkSameLength(a, targets)
  checkSameLength(b, targets)
  const gains = new Float64Array(targets.length)
  for (let row = 0; row < gains.length; row++) gains[row] = logLossOf(b[row], targets[row]) - logLossOf(a[row], targets[row])
  const bootstrapped = bootstrapMean(gains, settings)
  return bootstrapped && { gain: bootstrapped.mean, low: bootstrapped.low, high: bootstrapped.high }
}

/**
 * Mean log loss in nats with its block bootstrap interval; rows are in time order. Null below two rows.
 *
 * The intervals of two models overlap on hard days even where one always wins: compare models with `pairedLossGain`.
 *
 * @throws MillraceError ARGUMENT_INVALID where lengths differ, or draws or confidence is out of range
 * @example logLossInterval(scores, targets, { draws: 1000, confidence: 0.95, random }) // { logLoss: 0.436, low: 0.421, high: 0.452 }
 */
export function logLossInterval(
  scores: ArrayLike<number>,
  targets: ArrayLike<number>,
  settings: BootstrapSettings,
): (Interval & { readonly logLoss: number }) | null {
  checkSameLength(scores, targets)
  const losses = Float64Array.from(targets, (target, row) => logLossOf(scores[row], target))
  const bootstrapped = bootstrapMean(losses, settings)
  return bootstrapped && { logLoss: bootstrapped.mean, low: bootstrapped.low, high: bootstrapped.high }
}

/**
 * Area under the ROC curve with DeLong's interval, cut to 0 and 1. Null with fewer than two rows of either class.
 *
 * A yes is placed by the share p of noes below it, ties counting half, and a no by the share q of yeses above it. AUC = mean p = mean q,
 * and its variance is var p / yes count + var q / no count. Two sorted lists give all placements in one merge (the mid-ranks of Sun and Xu).
 * Rows count as independent: neighbours that share weather make the true interval wider, and perfect order makes this one a point.
 *
 * @throws MillraceError ARGUMENT_INVALID where lengths differ or confidence is out of range
 * @see DeLong, DeLong & Clarke-Pearson (Biometrics 1988)
 * @see Sun & Xu, Fast implementation of DeLong's algorithm (IEEE Signal Processing Letters, 2014)
 * @example aucInterval([0.9, 0.6, 0.7, 0.1], [1, 1, 0, 0], 0.95) // { auc: 0.75, low: 0.057…, high: 1 }
 */
export function aucInterval(
  scores: ArrayLike<number>,
  targets: ArrayLike<number>,
  confidence: number,
): (Interval & { readonly auc: number }) | null {
  checkSameLength(scores, targets)
  checkConfidence(confidence)
  const yes = sortedScores(scores, targets, true)
  const no = sortedScores(scores, targets, false)
  if (yes.length < 2 || no.length < 2) return null
  const ofYes = meanAndVariance(sharesBelow(yes, no))
  const ofNo = meanAndVariance(sharesBelow(no, yes)) // 1 − q, which varies as q does
  const margin = normalQuantile((1 + confidence) / 2) * Math.sqrt(ofYes.variance / yes.length + ofNo.variance / no.length)
  return { auc: ofYes.mean, low: Math.max(0, ofYes.mean - margin), high: Math.min(1, ofYes.mean + margin) }
}

/**
 * Mean of a series with the percentile interval of its block bootstrap; null below two values.
 *
 * A draw joins blocks of consecutive values that start anywhere until it is as long as the series. The series closes to a ring
 * (Politis & Romano 1992), so that every value is as likely as any other and draws centre on the mean. Prefix sums make a block one subtraction.
 */
function bootstrapMean(
  values: Float64Array,
  { draws, confidence, random }: BootstrapSettings,
): (Interval & { readonly mean: number }) | null {
  checkConfidence(confidence)
  if (!(Number.isInteger(draws) && draws >= 1)) {
    throw new MillraceError('ARGUMENT_INVALID', `draws must be a whole number of at least 1, got ${draws}`)
  }
  const count = values.length
  if (count < 2) return null
  const sums = new Float64Array(2 * count + 1) // twice round the ring
  for (let at = 0; at < 2 * count; at++) sums[at + 1] = sums[at] + values[at % count]
  const blockRows = Math.ceil(count / blockCount)
  const means = new Float64Array(draws)
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0
    for (let drawn = 0; drawn < count; drawn += blockRows) {
      const start = Math.floor(random() * count)
      sum += sums[start + Math.min(blockRows, count - drawn)] - sums[start]
    }
    means[draw] = sum / count
  }
  means.sort()
  const mean = sums[count] / count
  const tail = Math.floor(((1 - confidence) / 2) * draws)
  return { mean, low: Math.min(mean, means[tail]), high: Math.max(mean, means[draws - 1 - tail]) } // few draws may all lie on one side
}

function sortedScores(scores: ArrayLike<number>, targets: ArrayLike<number>, isPositive: boolean): Float64Array {
  return Float64Array.from(scores)
    .filter((_, row) => (targets[row] === 1) === isPositive)
    .sort()
}

/** For each of `values`, the share of `others` below it, ties counting half; both rise. */
function sharesBelow(values: Float64Array, others: Float64Array): Float64Array {
  let below = 0
  let upTo = 0
  return values.map(value => {
    while (below < others.length && others[below] < value) below++
    while (upTo < others.length && others[upTo] <= value) upTo++
    return (below + upTo) / 2 / others.length
  })
}

function meanAndVariance(values: Float64Array): { readonly mean: number; readonly variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, variance: squares / (values.length - 1) }
}

function checkConfidence(confidence: number): void {
  if (confidence > 0 && confidence < 1) return
  throw new MillraceError('ARGUMENT_INVALID', `confidence must be above 0 and below 1, got ${confidence}`)
}

function checkSameLength(scores: ArrayLike<number>, targets: ArrayLike<number>): void {
  if (scores.length === targets.length) return
  throw new MillraceError(
    'ARGUMENT_INVALID',
    `scores and targets must be of the same rows, got ${scores.length} scores and ${targets.length} targets`,
  )
}
