import { MillraceError } from '../errors.ts'
import { type GbdtSettings, parseGbdtSettings } from '../gbdt/settings.ts'
import { type LogisticSettings, parseLogisticSettings } from '../linear/settings.ts'

/** The trainers there are; `auto` trains each of them and takes the better one. */
export const trainerKinds = ['logistic', 'gbdt'] as const
export type TrainerKind = (typeof trainerKinds)[number]

/** What a definition may say of its trainer. */
export interface TrainerChoice {
  /** `auto` if absent. */
  readonly kind?: TrainerKind | 'auto'
  readonly logistic?: Partial<LogisticSettings>
  readonly gbdt?: Partial<GbdtSettings>
}

export interface TrainerSettings {
  /** The trainers to run; the best of them on the holdout is the candidate. */
  readonly kinds: readonly TrainerKind[]
  readonly logistic: LogisticSettings
  readonly gbdt: GbdtSettings
}

/** Trees that stop early on the rows before the holdout need no tuned number of rounds. */
const gbdtDefaults = { roundCount: 300, leafCount: 31, learningRate: 0.05, earlyStoppingRounds: 20 }

/**
 * Fills in the defaults and checks names and ranges.
 *
 * @throws MillraceError SETTING_INVALID
 * @example parseTrainer({ kind: 'gbdt', gbdt: { leafCount: 63 } }).kinds // ['gbdt']
 */
export function parseTrainer(choice: TrainerChoice): TrainerSettings {
  const { kind = 'auto', logistic = {}, gbdt = {}, ...rest } = choice
  const unknown = Object.keys(rest)
  if (unknown.length > 0) {
    throw new MillraceError(
      'SETTING_INVALID',
      `trainer.${unknown[0]} is not a setting; allowed are kind, logistic, gbdt; change it in models/pipeline.ts`,
    )
  }
  if (kind !== 'auto' && !trainerKinds.includes(kind)) {
    throw new MillraceError(
      'SETTING_INVALID',
      `trainer.kind must be auto, ${trainerKinds.join(' or ')}, got ${JSON.stringify(kind)}; change it in models/pipeline.ts`,
    )
  }
  return {
    kinds: kind === 'auto' ? trainerKinds : [kind],
    logistic: parseLogisticSettings(logistic),
    gbdt: parseGbdtSettings({ ...gbdtDefaults, ...gbdt }),
  }
}
