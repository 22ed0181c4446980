import { parseSettings, type SettingsOf } from '../settings.ts'
import { type LossWatch, makeLossWatch } from './loss-watch.ts'

/** When a candidate is trained. `Infinity` switches a part off. */
export const retrainWhenSettings = {
  firstAtRows: { default: 200, min: 2, max: 1e9, isInteger: true, meaning: 'labelled rows at which the first model is trained' },
  growthFactor: {
    default: 1.3,
    min: 1.01,
    max: Number.POSITIVE_INFINITY,
    meaning:
      'trained again when the labelled rows have grown by this factor; all such trainings together cost 1 / (1 − 1 / factor) of the last',
  },
  everyMs: {
    default: Number.POSITIVE_INFINITY,
    min: 1,
    max: Number.POSITIVE_INFINITY,
    meaning: 'event time from one training to the next',
  },
  everyRows: {
    default: Number.POSITIVE_INFINITY,
    min: 1,
    max: Number.POSITIVE_INFINITY,
    meaning: 'labelled rows from one training to the next',
  },
  errorRiseAtLeast: {
    default: 0.1,
    min: 0,
    max: 100,
    meaning: 'rise of the loss, in its standard deviations, that is still taken for noise',
  },
  errorEvidence: {
    default: 50,
    min: 1,
    max: Number.POSITIVE_INFINITY,
    meaning: 'sum of rises above that, in standard deviations, at which the error asks for a training',
  },
  errorRowsAtLeast: { default: 100, min: 1, max: 1e9, isInteger: true, meaning: 'new labelled rows before the error may ask for another' },
  errorGrowthAtLeast: {
    default: 0.05,
    min: 0,
    max: 100,
    meaning: 'the same as a share of all labelled rows, so that a long history is not trained anew for a few rows',
  },
} as const

export type RetrainWhen = SettingsOf<typeof retrainWhenSettings>
/** @throws MillraceError SETTING_INVALID */
export function parseRetrainWhen(given: Partial<RetrainWhen>): RetrainWhen {
  return parseSettings('retrain.when', retrainWhenSettings, given)
}

export type RetrainCause = 'growth' | 'schedule' | 'error'

/** How far the stream has come: labelled rows so far, and the event clock. */
export interface StreamPosition {
  readonly labelledRows: number
  readonly atMs: number
}

/** Says when to train, told every loss and every training. */
export interface RetrainTrigger {
  /** A label came for a row that the model in service scored: its loss. Rows that an older model scored say nothing of this one. */
  addLoss(loss: number): void
  /** Why a training is due now, or undefined. Cheap enough to be asked at every row. */
  isDue(position: StreamPosition): RetrainCause | undefined
  /**
   * A training was tried, whether it gave a new champion or not. `promisedLoss` is the loss, on its holdout, of the model that serves from
   * now on: the champion's own where it was kept.
   */
  trained(position: StreamPosition & { readonly promisedLoss?: number }): void
}

/**
 * Makes the trigger: early (the first at a few hundred labelled rows), then as the rows grow, on a schedule, and when the error asks for it.
 *
 * Growth is geometric, so that early models come often, when each new row counts most, and the cost of all trainings stays a few times that
 * of the last. The error is watched by a one-sided CUSUM on the loss beside the loss that the holdout promised (`loss-watch.ts`); what it costs
 * is bounded by the new rows that it must wait for.
 *
 * @throws MillraceError SETTING_INVALID
 * @example makeRetrainTrigger({ everyRows: 5_000 }).isDue({ labelledRows: 200, atMs: 0 }) // 'growth'
 */
export function makeRetrainTrigger(given: Partial<RetrainWhen> = {}): RetrainTrigger {
  const settings = parseRetrainWhen(given)
  const { firstAtRows, growthFactor, everyMs, everyRows, errorRowsAtLeast, errorGrowthAtLeast } = settings
  const makeWatch = (promisedLoss?: number) =>
    makeLossWatch({
      allowance: settings.errorRiseAtLeast,
      threshold: settings.errorEvidence,
      ...(promisedLoss === undefined ? {} : { promisedLoss }),
    })
  let last: StreamPosition | undefined
  let watch: LossWatch = makeWatch()
  return {
    addLoss: loss => watch.add(loss),
    isDue({ labelledRows, atMs }) {
      if (!last) return labelledRows >= firstAtRows ? 'growth' : undefined
      const newRows = labelledRows - last.labelledRows
      if (newRows <= 0) return undefined // nothing new to learn from, whatever the clock says
      if (watch.isRaised() && newRows >= errorRowsAtLeast && newRows >= errorGrowthAtLeast * labelledRows) return 'error'
      if (labelledRows >= growthFactor * last.labelledRows) return 'growth'
      if (newRows >= everyRows || atMs - last.atMs >= everyMs) return 'schedule'
      return undefined
    },
    trained({ labelledRows, atMs, promisedLoss }) {
      last = { labelledRows, atMs }
      watch = makeWatch(promisedLoss)
    },
  }
}
