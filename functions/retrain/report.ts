import {
  expectedCalibrationError,
  fitRecalibration,
  type Recalibration,
  type ReliabilityBin,
  reliabilityTable,
} from '#models/measure/calibration.ts'
import { type FeatureImportance, permutationImportance } from '#models/measure/importance.ts'
import { aucInterval, type Interval, logLossInterval, pairedLossGain } from '#models/measure/intervals.ts'
import type { Contender } from '#models/trainer/train.ts'
import type { TrainingSet } from '#models/training-set.ts'

/** A model on the holdout, with 95 % intervals. */
export interface Standing {
  readonly name: string
  readonly logLoss: (Interval & { readonly logLoss: number }) | null
  readonly auc: (Interval & { readonly auc: number }) | null
}

/** A difference in mean log loss on the same rows, with its 95 % interval. */
export type Gain = (Interval & { readonly gain: number }) | null

/** A phase of the run: how long it took, and the process's memory at its end. */
export interface Phase {
  readonly name: string
  readonly ms: number
  readonly residentBytes: number
}

/** What a person wants to know of one training, kept beside the bundle whether it was promoted or not. */
export interface RetrainReport {
  readonly version: string
  readonly decision: { readonly promote: boolean; readonly reason: string }
  readonly rows: {
    readonly train: number
    readonly holdout: number
    readonly objectCount: number
    /** Under 1 where the archive held more rows than fit: ids were sampled. */
    readonly sampledRatio: number
    /** Share of the rows whose label took more than half of the time that the definition gives it. */
    readonly lateLabelRatio: number
    readonly fromMs: number
    readonly splitMs: number
    readonly toMs: number
  }
  readonly settings: Readonly<Record<string, unknown>>
  /** Every trainer's model, the chosen one first, then the rival. */
  readonly standings: readonly Standing[]
  readonly gainOverRival: Gain
  /** By how much the chosen trainer beat the next; null where there was only one. */
  readonly gainOverNextTrainer: Gain
  /** What each feature is worth on the holdout, and for trees its share of all gain in training. */
  readonly importance: readonly (FeatureImportance & { readonly gainRatio: number | null })[]
  readonly calibration: {
    readonly expectedError: number | null
    readonly recalibration: Recalibration | null
    readonly reliability: readonly ReliabilityBin[]
  }
  readonly phases: readonly Phase[]
}

const confidence = 0.95
const draws = 400
const importanceRowsAtMost = 5_000
const reliabilityBinCount = 10

/** Measures what the report says beyond the decision; `random` gives numbers from 0 to below 1. */
export function makeReport(parts: {
  readonly about: Pick<RetrainReport, 'version' | 'decision' | 'rows' | 'settings' | 'phases'>
  readonly holdout: TrainingSet
  readonly contenders: readonly [Contender, ...Contender[]]
  readonly rival: { readonly name: string; readonly scores: ArrayLike<number> }
  readonly random: () => number
}): RetrainReport {
  const { about, holdout, contenders, rival, random } = parts
  const { targets } = holdout
  const [best, next] = contenders
  const gains = best.model.gainImportance?.()
  const bootstrap = { draws, confidence, random }
  const standingOf = (name: string, scores: ArrayLike<number>): Standing => {
    return { name, logLoss: logLossInterval(scores, targets, bootstrap), auc: aucInterval(scores, targets, confidence) }
  }
  const reliability = reliabilityTable(best.holdoutScores, targets, reliabilityBinCount)
  return {
    ...about,
    standings: [...contenders.map(({ kind, holdoutScores }) => standingOf(kind, holdoutScores)), standingOf(rival.name, rival.scores)],
    gainOverRival: pairedLossGain(best.holdoutScores, rival.scores, targets, bootstrap),
    gainOverNextTrainer: next ? pairedLossGain(best.holdoutScores, next.holdoutScores, targets, bootstrap) : null,
    importance: permutationImportance(best.model, holdout, { rowsAtMost: importanceRowsAtMost, random }).map(importance => {
      const column = holdout.features.findIndex(({ name }) => name === importance.feature)
      return { ...importance, gainRatio: gains?.[column] ?? null }
    }),
    calibration: {
      expectedError: expectedCalibrationError(reliability),
      recalibration: fitRecalibration(best.holdoutScores, targets),
      reliability,
    },
  }
}

/** The report as a page of Markdown that is read in a minute. */
export function toReportText(report: RetrainReport): string {
  const { version, decision, rows, standings, gainOverRival, gainOverNextTrainer, importance, calibration, phases, settings } = report
  const { recalibration } = calibration
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
  return [
    `# ${version}: ${decision.promote ? 'promoted' : 'kept back'}`,
    '',
    `${decision.reason}.`,
    '',
    `Trained on ${rows.train} rows, ${date(rows.fromMs)} to ${date(rows.splitMs)}; measured on the ${rows.holdout} after them, to ${date(rows.toMs)} (event time, UTC).`,
    `${rows.objectCount} archive objects; ${rows.sampledRatio < 1 ? `a sample of ${fixed(rows.sampledRatio)} of the ids, weighted` : 'every id'}; label late for ${fixed(rows.lateLabelRatio)} of the rows.`,
    '',
    '| model | log loss (95 %) | AUC (95 %) |',
    '| --- | --- | --- |',
    ...standings.map(
      ({ name, logLoss, auc }) => `| ${name} | ${withInterval(logLoss?.logLoss, logLoss)} | ${withInterval(auc?.auc, auc)} |`,
    ),
    '',
    `Gain in log loss over the rival: ${withInterval(gainOverRival?.gain, gainOverRival)}.`,
    ...(gainOverNextTrainer
      ? [`Gain of the chosen trainer over the next: ${withInterval(gainOverNextTrainer.gain, gainOverNextTrainer)}.`]
      : []),
    '',
    `Calibration: expected error ${fixed(calibration.expectedError)}, slope ${fixed(recalibration?.slope)}, intercept ${fixed(recalibration?.intercept)} (1 and 0 are perfect).`,
    '',
    '| score, mean of a tenth of the rows | share of yes | rows |',
    '| --- | --- | --- |',
    ...calibration.reliability.map(
      ({ meanScore, positiveRatio, rowCount }) => `| ${fixed(meanScore)} | ${fixed(positiveRatio)} | ${rowCount} |`,
    ),
    '',
    '| feature | log loss without it | share of gain |',
    '| --- | --- | --- |',
    ...importance.map(
      ({ feature, lossIncrease, gainRatio }) =>
        `| ${feature} | ${lossIncrease >= 0 ? '+' : ''}${fixed(lossIncrease)} | ${fixed(gainRatio)} |`,
    ),
    '',
    '| phase | ms | resident MB |',
    '| --- | --- | --- |',
    ...phases.map(({ name, ms, residentBytes }) => `| ${name} | ${Math.round(ms)} | ${Math.round(residentBytes / 1e6)} |`),
    '',
    `Settings: ${JSON.stringify(settings)}`,
    '',
  ].join('\n')
}

function withInterval(value: number | undefined, interval: Interval | null): string {
  return value === undefined || !interval ? '-' : `${fixed(value)} (${fixed(interval.low)} to ${fixed(interval.high)})`
}

function fixed(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : value.toFixed(4)
}
