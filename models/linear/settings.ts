import { parseSettings, type SettingsOf } from '../settings.ts'

/** What may be set of the logistic regression. */
export const logisticSettings = {
  l2: { default: 50, min: 1e-6, max: 1e6, meaning: 'penalty on the squared weights, summed over rows: l2 / 2 · ‖w‖²' },
  binCount: { default: 12, min: 2, max: 255, meaning: 'quantile bins of a numeric feature' },
  categoriesAtMost: { default: 600, min: 1, max: 1500, meaning: 'categories of a feature that get a weight, most frequent first' },
  iterationsAtMost: { default: 25, min: 1, max: 100, meaning: 'Newton steps before the solver gives up improving' },
} as const

export type LogisticSettings = SettingsOf<typeof logisticSettings>

/** @throws MillraceError SETTING_INVALID */
export function parseLogisticSettings(given: Partial<LogisticSettings>): LogisticSettings {
  return parseSettings('trainer.logistic', logisticSettings, given)
}
