import { lossOf } from '../yes-no.ts'
import { confusionCell, toRates } from './quality.ts'

/** Score bins of the AUC: 0.005 wide, so that the binned AUC is within about 0.001 of the exact one. */
const binCount = 200

/** The labels that came before a row, whichever model scored theirs: all that the baselines know. */
export interface LabelsSoFar {
  readonly total: number
  readonly positives: number
  readonly last: 0 | 1
}

export const noLabels: LabelsSoFar = { total: 0, positives: 0, last: 0 }

/** The labels so far, once this one is known too. */
export function addLabel({ total, positives }: LabelsSoFar, target: 0 | 1): LabelsSoFar {
  return { total: total + 1, positives: positives + target, last: target }
}

/**
 * Sums over feedback from which quality follows; sums of two sets of rows add up in any order.
 *
 * `majorityHits` counts how often the commoner label so far was right, `lastLabelHits` how often the label before this one in the
 * feedback's order was (kinder than life: at scoring time that label was often not known yet); `baseRateLossSum` is the loss of
 * giving every row the share of yes so far.
 */
export interface QualityCounters {
  readonly truePositives: number
  readonly falsePositives: number
  readonly trueNegatives: number
  readonly falseNegatives: number
  readonly lossSum: number
  readonly majorityHits: number
  readonly lastLabelHits: number
  readonly baseRateLossSum: number
  /** Rows of each score bin whose label was yes. */
  readonly positiveBins: readonly number[]
  /** Rows of each score bin whose label was no. */
  readonly negativeBins: readonly number[]
}

/** What the counters say, in the shape that metrics are shown in. */
export interface CountedQuality {
  readonly labelled: number
  readonly positiveRatio: number | null
  readonly accuracy: number | null
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number | null
  readonly auc: number | null
  readonly logLoss: number | null
  readonly baselines: {
    readonly majorityAccuracy: number | null
    readonly lastLabelAccuracy: number | null
    readonly baseRateLogLoss: number | null
  }
}

export function emptyCounters(): QualityCounters {
  return {
    truePositives: 0,
    falsePositives: 0,
    trueNegatives: 0,
    falseNegatives: 0,
    lossSum: 0,
    majorityHits: 0,
    lastLabelHits: 0,
    baseRateLossSum: 0,
    positiveBins: Array(binCount).fill(0),
    negativeBins: Array(binCount).fill(0),
  }
}

/** A row with its score and its truth, and what was known of labels before. */
export interface LabelledRow {
  readonly score: number
  readonly target: 0 | 1
  readonly before: LabelsSoFar
}

/** Adds scored and labelled rows; returns new counters. */
export function countRows(counters: QualityCounters, rows: Iterable<LabelledRow>, positiveAtLeast: number): QualityCounters {
  const next = { ...counters, positiveBins: [...counters.positiveBins], negativeBins: [...counters.negativeBins] }
  for (const { score, target, before } of rows) {
    next.majorityHits += Number(target === Number(before.positives * 2 > before.total))
    next.lastLabelHits += Number(target === before.last)
    next.baseRateLossSum += lossOf((before.positives + 1) / (before.total + 2), target) // Laplace's rule: never certain
    next[confusionCell(score >= positiveAtLeast, target === 1)]++
    next.lossSum += lossOf(score, target)
    const bins = target === 1 ? next.positiveBins : next.negativeBins
    bins[Math.min(binCount - 1, Math.floor(score * binCount))]++
  }
  return next
}

/** The counters of two disjoint sets of rows as one. */
export function mergeCounters(a: QualityCounters, b: QualityCounters): QualityCounters {
  return {
    truePositives: a.truePositives + b.truePositives,
    falsePositives: a.falsePositives + b.falsePositives,
    trueNegatives: a.trueNegatives + b.trueNegatives,
    falseNegatives: a.falseNegatives + b.falseNegatives,
    lossSum: a.lossSum + b.lossSum,
    majorityHits: a.majorityHits + b.majorityHits,
    lastLabelHits: a.lastLabelHits + b.lastLabelHits,
    baseRateLossSum: a.baseRateLossSum + b.baseRateLossSum,
    positiveBins: a.positiveBins.map((count, bin) => count + b.positiveBins[bin]),
    negativeBins: a.negativeBins.map((count, bin) => count + b.negativeBins[bin]),
  }
}

/** Rates, AUC and log loss from the sums; null where there is nothing to divide by. */
export function toQuality(counters: QualityCounters): CountedQuality {
  const positives = counters.truePositives + counters.falseNegatives
  const labelled = positives + counters.falsePositives + counters.trueNegatives
  const share = (part: number) => (labelled === 0 ? null : part / labelled)
  return {
    labelled,
    positiveRatio: share(positives),
    ...toRates(counters),
    auc: binnedAuc(counters),
    logLoss: share(counters.lossSum),
    baselines: {
      majorityAccuracy: share(counters.majorityHits),
      lastLabelAccuracy: share(counters.lastLabelHits),
      baseRateLogLoss: share(counters.baseRateLossSum),
    },
  }
}

/** AUC where all scores of a bin count as tied. */
function binnedAuc({ positiveBins, negativeBins }: QualityCounters): number | null {
  let negativesBelow = 0
  let positives = 0
  let ordered = 0
  for (let bin = 0; bin < binCount; bin++) {
    ordered += positiveBins[bin] * (negativesBelow + negativeBins[bin] / 2)
    negativesBelow += negativeBins[bin]
    positives += positiveBins[bin]
  }
  return positives === 0 || negativesBelow === 0 ? null : ordered / (positives * negativesBelow)
}
