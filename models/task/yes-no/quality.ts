import { lossOf } from '../yes-no.ts'
import { auc } from './auc.ts'

/** How well scores told yes from no, with the rows it was measured on; null where these rows do not tell, as no rows never do. */
export interface BinaryQuality {
  readonly rowCount: number
  readonly positiveRatio: number | null
  readonly accuracy: number | null
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number | null
  readonly auc: number | null
  readonly logLoss: number | null
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
  const rowCount = truePositives + falsePositives + trueNegatives + falseNegatives
  return {
    accuracy: share(truePositives + trueNegatives, rowCount),
    precision: share(truePositives, truePositives + falsePositives),
    recall: share(truePositives, truePositives + falseNegatives),
    f1: share(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
  }
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
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
    lossSum += lossOf(scores[row], targets[row])
    counts[confusionCell(scores[row] >= positiveAtLeast, targets[row] === 1)]++
  }
  const rowCount = scores.length
  return {
    rowCount,
    positiveRatio: share(counts.truePositives + counts.falseNegatives, rowCount),
    ...toRates(counts),
    auc: auc(scores, targets),
    logLoss: share(lossSum, rowCount),
  }
}

/** The cell of the two-by-two table that a decision and its truth fall into. */
export function confusionCell(isPredicted: boolean, isTrue: boolean): keyof Confusion {
  if (isPredicted) return isTrue ? 'truePositives' : 'falsePositives'
  return isTrue ? 'falseNegatives' : 'trueNegatives'
}
