import { parseSettings, type SettingsOf } from '../../settings.ts'

/** What may be set of the online logistic regression; the letters are those of McMahan et al. */
export const ftrlSettings = {
  learningRate: { default: 0.2, min: 1e-4, max: 10, meaning: 'α: size of the steps; a slot’s rate is α / (β + √Σ g²)' },
  rateDelay: { default: 1, min: 1e-3, max: 1e3, meaning: 'β: keeps the first steps of a slot small' },
  l1: { default: 0, min: 0, max: 1e6, meaning: 'λ₁: a slot whose gradients do not add up to more weighs exactly 0' },
  l2: { default: 1, min: 0, max: 1e6, meaning: 'λ₂: penalty on the squared weights, summed over rows: l2 / 2 · ‖w‖²' },
  passes: { default: 1, min: 1, max: 100, meaning: 'times the rows are learnt' },
  binCount: { default: 12, min: 2, max: 255, meaning: 'quantile bins of a numeric feature' },
  hashBits: { default: 18, min: 4, max: 22, meaning: 'all categories share 2^hashBits slots of 24 bytes, by the hash of their names' },
} as const

export type FtrlSettings = SettingsOf<typeof ftrlSettings>

/** @throws MillraceError SETTING_INVALID */
export function parseFtrlSettings(given: Partial<FtrlSettings>): FtrlSettings {
  return parseSettings('trainer.ftrl', ftrlSettings, given)
}
