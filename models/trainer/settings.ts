import { MillraceError } from '../errors.ts'
import { type GbdtSettings, parseGbdtSettings } from '../gbdt/settings.ts'
import { type FtrlSettings, parseFtrlSettings } from '../linear/ftrl/settings.ts'
import { type LogisticSettings, parseLogisticSettings } from '../linear/settings.ts'

/** The trainers there are. */
export const trainerKinds = ['logistic', 'gbdt', 'ftrl'] as const
export type TrainerKind = (typeof trainerKinds)[number]

/** What `auto` trains, to take the better one. Not `ftrl`: its level follows the latest hours, so a holdout without the labels' delay flatters it. */
const autoKinds: readonly TrainerKind[] = ['logistic', 'gbdt']

/** What a definition may say of its trainer. */
export interface TrainerChoice {
  /** `auto` if absent. */
  readonly kind?: TrainerKind | 'auto'
  /** Shares of the training rows, the latest of them, on which each trainer is tried; the holdout decides. 1, 1/4 and 1/16 if absent. */
  readonly spans?: readonly number[]
  readonly logistic?: Partial<LogisticSettings>
  readonly gbdt?: Partial<GbdtSettings>
  readonly ftrl?: Partial<FtrlSettings>
}

export interface TrainerSettings {
  /** The trainers to run; the best of them on the holdout is the candidate. */
  readonly kinds: readonly TrainerKind[]
  readonly spans: readonly number[]
  readonly logistic: LogisticSettings
  readonly gbdt: GbdtSettings
  readonly ftrl: FtrlSettings
}

/**
 * All rows, and two tries with less of the past: a third more training for streams that change.
 *
 * On synthetic streams of 45,000 rows they took the log loss of the whole stream, as they are predicted, from .610 to .559 where the truth changed
 * every 12,000 rows, and left it at .475 where it stood still.
 */
const defaultSpans = [1, 1 / 4, 1 / 16]

/** Trees that stop early on the rows before the holdout need no tuned number of rounds. */
const gbdtDefaults = { roundCount: 300, leafCount: 31, learningRate: 0.05, earlyStoppingRounds: 20 }

/**
 * Fills in the defaults and checks names and ranges.
 *
 * @throws MillraceError SETTING_INVALID
 * @example parseTrainer({ kind: 'gbdt', gbdt: { leafCount: 63 } }).kinds // ['gbdt']
 */
export function parseTrainer(choice: TrainerChoice): TrainerSettings {
  const { kind = 'auto', spans = defaultSpans, logistic = {}, gbdt = {}, ftrl = {}, ...rest } = choice
  const unknown = Object.keys(rest)
  if (unknown.length > 0) {
    throw new MillraceError(
      'SETTING_INVALID',
      `trainer.${unknown[0]} is not a setting; allowed are kind, spans, logistic, gbdt, ftrl; change it in models/pipeline.ts`,
    )
  }
  if (kind !== 'auto' && !trainerKinds.includes(kind)) {
    throw new MillraceError(
      'SETTING_INVALID',
      `trainer.kind must be one of auto, ${trainerKinds.join(', ')}, got ${JSON.stringify(kind)}; change it in models/pipeline.ts`,
    )
  }
  if (!(spans.length > 0 && spans.every(ratio => ratio > 0 && ratio <= 1))) {
    throw new MillraceError(
      'SETTING_INVALID',
      `trainer.spans must be shares above 0 and up to 1, got ${JSON.stringify(spans)}; change it in models/pipeline.ts`,
    )
  }
  return {
    kinds: kind === 'auto' ? autoKinds : [kind],
    spans,
    logistic: parseLogisticSettings(logistic),
    gbdt: parseGbdtSettings({ ...gbdtDefaults, ...gbdt }),
    ftrl: parseFtrlSettings(ftrl),
  }
}
