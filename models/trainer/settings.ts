import { MillraceError } from '../errors.ts'
import { type GbdtSettings, parseGbdtSettings } from '../gbdt/settings.ts'
import { type FtrlSettings, parseFtrlSettings } from '../linear/ftrl/settings.ts'
import { type LogisticSettings, parseLogisticSettings } from '../linear/settings.ts'

/** The trainers there are. */
const trainerKinds = ['logistic', 'gbdt', 'ftrl'] as const
export type TrainerKind = (typeof trainerKinds)[number]

/** What `auto` trains, to take the better one. Not `ftrl`: its level follows the latest hours, so a holdout without the labels' delay flatters it. */
const autoKinds: readonly TrainerKind[] = ['logistic', 'gbdt']

/** What a definition may say of its trainer. */
export interface TrainerChoice {
  /** `auto` if absent. */
  readonly kind?: TrainerKind | 'auto'
  /** Shares of the training rows, the latest of them, on which each trainer is tried; the holdout decides. All of them, 1, if absent. */
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
 * All rows alone. A try with the latest quarter (`[1, 1 / 4]`) pays where the truth changes for good, and costs where only the weather does: the
 * holdout follows the latest rows and shares theirs. Log loss of streams as they were predicted, with all rows, and with a quarter beside them: synthetic,
 * 45,000 rows, the truth changes every 12,000 .650, .613; it drifts .613, .553; it stands still, both .475; the base rate wanders and comes back
 * within 500 rows .551, .554; flights, 50,000 rows without weights for age .675, .716.
 */
const defaultSpans = [1]

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
