/** How well scores told yes from no, with the rows it was measured on. */
export interface BinaryQuality {
  readonly rowCount: number
  readonly positiveRatio: number
  readonly accuracy: number
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number | null
  readonly auc: number | null
  readonly logLoss: number
}

/** Scores are clipped to this far from 0 and 1 before a logarithm is taken, so that one wrong certainty cannot make the loss infinite. */
export const scoreFloor = 1e-6

/**
 * Log loss of one score against its target, in nats.
 *
 * @example logLossOf(0.5, 1) // 0.693…
 */
export function logLossOf(score: number, target: number): number {
  const clipped = Math.min(1 - scoreFloor, Math.max(scoreFloor, score))
  return -Math.log(target === 1 ? clipped : 1 - clipped)
}

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

/** Counts of a two-by-two table of decisions and targets. */
export interface Confusion {
  readonly truePositives: number
  readonly falsePositives: number
  readonly trueNegatives: number
  readonly falseNegatives: number
}

/** Accuracy, precision, recall and F1; null where the denominator is 0. */
export function toRates({ truePositives, falsePositives, trueNegatives, falseNegatives }: Confusion) {
  const share = (part: number, whole: number) => (whole === 0 ? null : part / whole)
  const rowCount = truePositives + falsePositives + trueNegatives + falseNegatives
  return {
    accuracy: share(truePositives + trueNegatives, rowCount),
    precision: share(truePositives, truePositives + falsePositives),
    recall: share(truePositives, truePositives + falseNegatives),
    f1: share(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
  }
}

/**
 * The quality of scores against 0-or-1 targets, a score of at least `positiveAtLeast` counting as a yes.
 *
 * @example measureBinary([0.9, 0.2], [1, 0], 0.5).accuracy // 1
 */
export function measureBinary(scores: ArrayLike<number>, targets: ArrayLike<number>, positiveAtLeast: number): BinaryQuality {
  const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 }
  let lossSum = 0
  for (let row = 0; row < scores.length; row++) {
    lossSum += logLossOf(scores[row], targets[row])
    counts[confusionCell(scores[row] >= positiveAtLeast, targets[row] === 1)]++
  }
  const rowCount = scores.length
  const { accuracy, ...rates } = toRates(counts)
  return {
    rowCount,
    positiveRatio: rowCount === 0 ? 0 : (counts.truePositives + counts.falseNegatives) / rowCount,
    accuracy: accuracy ?? 0,
    ...rates,
    auc: auc(scores, targets),
    logLoss: rowCount === 0 ? 0 : lossSum / rowCount,
  }
}

/** The cell of the two-by-two table that a decision and its truth fall into. */
export function confusionCell(isPredicted: boolean, isTrue: boolean): keyof Confusion {
  if (isPredicted) return isTrue ? 'truePositives' : 'falsePositives'
  return isTrue ? 'falseNegatives' : 'trueNegatives'
}
