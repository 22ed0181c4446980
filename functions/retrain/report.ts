import { type FeatureImportance, permutationImportance } from '#models/measure/importance.ts'
import { type Interval, lossInterval, pairedLossGain } from '#models/measure/intervals.ts'
import type { PromotionDecision } from '#models/policy/promote.ts'
import { aucInterval } from '#models/task/yes-no/auc.ts'
import {
  expectedCalibrationError,
  fitRecalibration,
  type Recalibration,
  type ReliabilityBin,
  reliabilityTable,
} from '#models/task/yes-no/calibration.ts'
import { lossesOf } from '#models/task/yes-no.ts'
import type { TrainingSet } from '#models/training-set.ts'
import type { RefusedObject } from '../ports.ts'
import type { Measured } from './candidate.ts'

/** A model on the holdout, with 95 % intervals. */
export interface Standing {
  readonly name: string
  readonly logLoss: (Interval & { readonly loss: number }) | null
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
  readonly decision: PromotionDecision
  readonly rows: {
    readonly train: number
    /** Before the holdout, with a label that was not known when it began: left out. */
    readonly gap: number
    readonly holdout: number
    /** Rows of the model that serves, trained again on all of them; null without a refit. */
    readonly refit: number | null
    readonly objectCount: number
    /** Under 1 where the archive held more rows than fit: ids were sampled. */
    readonly sampledRatio: number
    /** Why they were, and what to do for more; null where they were not. */
    readonly sampledBecause: string | null
    /** Archive objects that could not be read. */
    readonly refused: readonly RefusedObject[]
    /** Share of the rows whose label took more than half of the time that the definition gives it. */
    readonly lateLabelRatio: number
    readonly fromMs: number
    readonly splitMs: number
    readonly toMs: number
  }
  readonly settings: Readonly<Record<string, unknown>>
  /** Every trainer's model, the chosen one first, then the rival, on the rows of the holdout that the rival has not learnt from. */
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

/** Measures what the report says beyond the decision; the rival's scores are of the last rows of the holdout. `random` gives numbers from 0 to below 1. */
export async function makeReport(parts: {
  readonly about: Pick<RetrainReport, 'version' | 'decision' | 'rows' | 'settings' | 'phases'>
  readonly holdout: TrainingSet
  readonly contenders: readonly [Measured, ...Measured[]]
  readonly rival: { readonly name: string; readonly scores: ArrayLike<number> }
  readonly random: () => number
}): Promise<RetrainReport> {
  const { about, holdout, contenders, rival, random } = parts
  const { targets } = holdout
  const fromRow = targets.length - rival.scores.length
  const compared = targets.subarray(fromRow)
  const [best, next] = contenders.map(({ holdoutScores }) => lossesOf(holdoutScores.subarray(fromRow), compared))
  const gains = contenders[0].model.gainImportance?.()
  const bootstrap = { draws, confidence, random }
  const standingOf = (name: string, scores: ArrayLike<number>): Standing => {
    return { name, logLoss: lossInterval(lossesOf(scores, compared), bootstrap), auc: aucInterval(scores, compared, confidence) }
  }
  const reliability = reliabilityTable(contenders[0].holdoutScores, targets, reliabilityBinCount)
  const importances = await permutationImportance(contenders[0].model, holdout, {
    lossesOf,
    rowsAtMost: importanceRowsAtMost,
    random,
  })
  return {
    ...about,
    standings: [
      ...contenders.map(({ kind, spanRatio, holdoutScores }) => {
        return standingOf(spanRatio < 1 ? `${kind} of the latest ${spanRatio} of the rows` : kind, holdoutScores.subarray(fromRow))
      }),
      standingOf(rival.name, rival.scores),
    ],
    gainOverRival: pairedLossGain(best, lossesOf(rival.scores, compared), bootstrap),
    gainOverNextTrainer: next ? pairedLossGain(best, next, bootstrap) : null,
    importance: importances.map(importance => {
      const column = holdout.features.findIndex(({ name }) => name === importance.feature)
      return { ...importance, gainRatio: gains?.[column] ?? null }
    }),
    calibration: {
      expectedError: expectedCalibrationError(reliability),
      recalibration: fitRecalibration(contenders[0].holdoutScores, targets),
      reliability,
    },
  }
}
