import { auc } from '#models/task/yes-no/auc.ts'
import { confusionCell, toRates } from '#models/task/yes-no/quality.ts'
import { lossOf } from '#models/task/yes-no.ts'
import type { BacktestWindow, BaselineQuality } from './result.ts'

/** What was predicted and what came, row by row in event time; NaN in `targets` where the label was refused or never released. */
export interface PrequentialRows {
  readonly rowCount: number
  readonly atMs: Float64Array
  /** The score that counts: a model's, or the share of yes so far while there was no model. */
  readonly scores: Float64Array
  /** The score of the online layer over that; NaN without one. */
  readonly layerScores: Float64Array
  readonly targets: Float64Array
  /** The last label that was known when the row was predicted. */
  readonly lastLabels: Float64Array
  /** The share of yes among the labels that were known then; (0 + 1) / (0 + 2) before the first. */
  readonly baseRates: Float64Array
}

/** Quality of a span of rows; null where there is nothing to measure. */
export interface SpanQuality {
  readonly labelled: number
  readonly accuracy: number | null
  readonly kappa: number | null
  readonly auc: number | null
  readonly logLoss: number | null
  readonly positiveRatio: number | null
}

/**
 * The quality of the rows from `from` up to, not including, `to`.
 *
 * Cohen's kappa = (p − e) / (1 − e), with p the accuracy and e the accuracy that chance would have with the same shares of yes.
 *
 * @see Cohen, A coefficient of agreement for nominal scales (Educational and Psychological Measurement, 1960)
 */
export function measureSpan(
  rows: PrequentialRows,
  from: number,
  to: number,
  positiveAtLeast: number,
  scoresOf: keyof ScoreKinds = 'scores',
): SpanQuality {
  const scores: number[] = []
  const targets: number[] = []
  const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 }
  let lossSum = 0
  for (let row = from; row < to; row++) {
    const target = rows.targets[row]
    if (Number.isNaN(target)) continue
    const score = rows[scoresOf][row]
    scores.push(score)
    targets.push(target)
    lossSum += lossOf(score, target)
    counts[confusionCell(score >= positiveAtLeast, target === 1)]++
  }
  const labelled = scores.length
  const positives = counts.truePositives + counts.falseNegatives
  return {
    labelled,
    accuracy: toRates(counts).accuracy,
    kappa: kappaOf(counts),
    auc: auc(scores, targets),
    logLoss: labelled === 0 ? null : lossSum / labelled,
    positiveRatio: labelled === 0 ? null : positives / labelled,
  }
}
type ScoreKinds = Pick<PrequentialRows, 'scores' | 'layerScores' | 'lastLabels' | 'baseRates'>

/** @example kappaOf({ truePositives: 20, falsePositives: 5, trueNegatives: 15, falseNegatives: 10 }) // 0.4 */
export function kappaOf(counts: Parameters<typeof toRates>[0]): number | null {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = counts
  const rowCount = truePositives + falsePositives + trueNegatives + falseNegatives
  const yes = ((truePositives + falseNegatives) / rowCount) * ((truePositives + falsePositives) / rowCount)
  const no = ((trueNegatives + falsePositives) / rowCount) * ((trueNegatives + falseNegatives) / rowCount)
  const chance = yes + no
  return rowCount === 0 || chance === 1 ? null : ((truePositives + trueNegatives) / rowCount - chance) / (1 - chance)
}

/** Guessing the last known label, and guessing the commoner of the known labels (with their share as its score). */
export function measureBaselines(
  rows: PrequentialRows,
  from: number,
  to: number,
): { readonly noChange: BaselineQuality; readonly majority: BaselineQuality } {
  const noChange = measureSpan(rows, from, to, 0.5, 'lastLabels')
  const majority = measureSpan(rows, from, to, 0.5 + 1e-12, 'baseRates') // a tie is a no
  return {
    noChange: { accuracy: noChange.accuracy, kappa: noChange.kappa, logLoss: null, mae: null, rmse: null },
    majority: { accuracy: majority.accuracy, kappa: majority.kappa, logLoss: majority.logLoss, mae: null, rmse: null },
  }
}

/** The rows cut into at most `windowCount` windows of equal count. */
export function measureWindows(rows: PrequentialRows, windowCount: number, positiveAtLeast: number): BacktestWindow[] {
  const count = Math.min(windowCount, rows.rowCount)
  return Array.from({ length: count }, (_, window) => {
    const fromRow = Math.floor((rows.rowCount * window) / count)
    const toRow = Math.floor((rows.rowCount * (window + 1)) / count)
    const { accuracy, kappa, auc, logLoss, positiveRatio } = measureSpan(rows, fromRow, toRow, positiveAtLeast)
    const { noChange, majority } = measureBaselines(rows, fromRow, toRow)
    return {
      fromRow,
      toRow,
      fromMs: rows.atMs[fromRow],
      toMs: rows.atMs[toRow - 1],
      accuracy,
      kappa,
      auc,
      logLoss,
      mae: null,
      rmse: null,
      positiveRatio,
      noChangeAccuracy: noChange.accuracy,
      majorityAccuracy: majority.accuracy,
      baseRateLogLoss: majority.logLoss,
    }
  })
}
