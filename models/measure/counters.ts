import { confusionCell, logLossOf, toRates } from './binary.ts'

/** Score bins of the AUC: 0.005 wide, so that the binned AUC is within about 0.001 of the exact one. */
const binCount = 200

/**
 * Sums over feedback from which quality follows; sums of two sets of rows add up in any order.
 *
 * Baselines are scored before each label is learnt: `majorityHits` guesses the commoner label so far, `lastLabelHits` the label
 * before this one in the feedback's order (kinder than life: at scoring time that label was often not known yet), `baseRateLoss`
 * the share of yes so far.
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
  readonly lastTarget: 0 | 1
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
    lastTarget: 0,
    positiveBins: Array(binCount).fill(0),
    negativeBins: Array(binCount).fill(0),
  }
}

/** Adds scored and labelled rows, in their order; returns new counters. */
export function countRows(
  counters: QualityCounters,
  rows: Iterable<{ readonly score: number; readonly target: 0 | 1 }>,
  positiveAtLeast: number,
): QualityCounters {
  const next = { ...counters, positiveBins: [...counters.positiveBins], negativeBins: [...counters.negativeBins] }
  for (const { score, target } of rows) {
    const positives = next.truePositives + next.falseNegatives
    const total = positives + next.falsePositives + next.trueNegatives
    next.majorityHits += Number(target === Number(positives * 2 > total))
    next.lastLabelHits += Number(target === next.lastTarget)
    next.baseRateLossSum += logLossOf((positives + 1) / (total + 2), target) // Laplace's rule: never certain
    next.lastTarget = target
    next[confusionCell(score >= positiveAtLeast, target === 1)]++
    next.lossSum += logLossOf(score, target)
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
    lastTarget: b.lastTarget,
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
