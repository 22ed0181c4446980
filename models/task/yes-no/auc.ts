import { checkConfidence, type Interval } from '../../measure/intervals.ts'
import { normalQuantile } from '../../measure/normal.ts'

/**
 * Area under the ROC curve: the share of (yes, no) pairs that the scores order rightly, ties counting half.
 *
 * The rank-sum form of Mann and Whitney (1947). Null where one class is missing.
 */
export function auc(scores: ArrayLike<number>, targets: ArrayLike<number>): number | null {
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row).sort((a, b) => scores[a] - scores[b])
  let positives = 0
  let rankSum = 0
  for (let start = 0; start < order.length; ) {
    let end = start + 1
    while (end < order.length && scores[order[end]] === scores[order[start]]) end++
    const rank = (start + 1 + end) / 2 // ranks of a tie share their mean
    for (let at = start; at < end; at++) {
      if (targets[order[at]] === 1) {
        positives++
        rankSum += rank
      }
    }
    start = end
  }
  const negatives = order.length - positives
  if (positives === 0 || negatives === 0) return null
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/**
 * Area under the ROC curve with DeLong's interval, cut to 0 and 1. Null with fewer than two rows of either class.
 *
 * A yes is placed by the share p of noes below it, ties counting half, and a no by the share q of yeses above it. AUC = mean p = mean q,
 * and its variance is var p / yes count + var q / no count. One sorted list gives all placements (the mid-ranks of Sun and Xu).
 * Rows count as independent: neighbours that share weather make the true interval wider, and perfect order makes this one a point.
 *
 * @throws MillraceError ARGUMENT_INVALID where confidence is out of range
 * @see DeLong, DeLong & Clarke-Pearson (Biometrics 1988)
 * @see Sun & Xu, Fast implementation of DeLong's algorithm (IEEE Signal Processing Letters, 2014)
 * @example aucInterval([0.9, 0.6, 0.7, 0.1], [1, 1, 0, 0], 0.95) // { auc: 0.75, low: 0.057…, high: 1 }
 */
export function aucInterval(
  scores: ArrayLike<number>,
  targets: ArrayLike<number>,
  confidence: number,
): (Interval & { readonly auc: number }) | null {
  checkConfidence(confidence)
  const measured = meanOfYes(toPlacements(scores, targets), targets)
  if (!measured) return null
  const margin = normalQuantile((1 + confidence) / 2) * measured.deviation
  return { auc: measured.mean, low: Math.max(0, measured.mean - margin), high: Math.min(1, measured.mean + margin) }
}

/** A difference in AUC on the same rows, and the standard deviation of its chance. */
export interface AucGain {
  readonly gain: number
  readonly deviation: number
}

/**
 * Area under the ROC curve by which the scores `a` beat the scores `b` on the same rows, with DeLong's deviation. Null with fewer than two rows
 * of either class.
 *
 * The gain is the mean of p(a) − p(b) over the yeses, and its variance var(p(a) − p(b)) / yes count + var(q(a) − q(b)) / no count, with the
 * placements of `aucInterval`: what both find hard cancels out. Rows count as independent; neighbours that hang together make the true
 * deviation larger.
 *
 * @see DeLong, DeLong & Clarke-Pearson (Biometrics 1988), the covariance of two areas
 * @example pairedAucGain(candidateScores, championScores, targets) // { gain: 0.012, deviation: 0.003 }
 */
export function pairedAucGain(a: ArrayLike<number>, b: ArrayLike<number>, targets: ArrayLike<number>): AucGain | null {
  const [ofA, ofB] = [toPlacements(a, targets), toPlacements(b, targets)]
  const measured = meanOfYes(
    ofA.map((placement, row) => placement - ofB[row]),
    targets,
  )
  return measured && { gain: measured.mean, deviation: measured.deviation }
}

/** The mean of the yeses' placements, and its deviation by those of both classes. Null with fewer than two rows of either. */
function meanOfYes(placements: Float64Array, targets: ArrayLike<number>): { readonly mean: number; readonly deviation: number } | null {
  const [yes, no] = [makeMoments(), makeMoments()]
  for (let row = 0; row < targets.length; row++) (targets[row] === 1 ? yes : no).add(placements[row])
  if (yes.count() < 2 || no.count() < 2) return null
  return { mean: yes.mean(), deviation: Math.sqrt(yes.variance() / yes.count() + no.variance() / no.count()) }
}

/** For each row the share of the other class that it is on the right side of, ties counting half. */
function toPlacements(scores: ArrayLike<number>, targets: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row).sort((a, b) => scores[a] - scores[b])
  const below = [0, 0] // rows of each class with a lower score
  const totals = [0, 0]
  for (let row = 0; row < targets.length; row++) totals[targets[row]]++
  const placements = new Float64Array(scores.length)
  for (let start = 0, end = 0; start < order.length; start = end) {
    const tied = [0, 0]
    for (; end < order.length && scores[order[end]] === scores[order[start]]; end++) tied[targets[order[end]]]++
    for (let at = start; at < end; at++) {
      const row = order[at]
      const other = 1 - targets[row]
      const share = (below[other] + tied[other] / 2) / totals[other]
      placements[row] = other === 0 ? share : 1 - share
    }
    below[0] += tied[0]
    below[1] += tied[1]
  }
  return placements
}

/** Mean and variance of numbers that come one by one (Welford). */
function makeMoments() {
  let [count, mean, squares] = [0, 0, 0]
  return {
    add(value: number): void {
      count++
      const step = value - mean
      mean += step / count
      squares += step * (value - mean)
    },
    count: () => count,
    mean: () => mean,
    variance: () => squares / (count - 1),
  }
}
