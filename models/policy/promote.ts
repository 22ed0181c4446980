import type { BinaryQuality } from '../measure/binary.ts'
import { parseSettings, type SettingsOf } from '../settings.ts'

/** When a candidate may become champion. */
export const promotionSettings = {
  gainAtLeast: { default: 0.0002, min: 0, max: 10, meaning: 'log loss by which the candidate must beat the champion on the same rows' },
  rowsAtLeast: { default: 1000, min: 1, max: 1e9, meaning: 'holdout rows below which nothing is promoted' },
} as const

export type PromotionPolicy = SettingsOf<typeof promotionSettings>

/** @throws MillraceError SETTING_INVALID */
export function parsePromotionPolicy(given: Partial<PromotionPolicy>): PromotionPolicy {
  return parseSettings('promoteWhen', promotionSettings, given)
}

/** A decision as a value: kept with the bundle whether it was promoted or not. */
export interface PromotionDecision {
  readonly promote: boolean
  readonly reason: string
}

/**
 * Whether a candidate takes the champion's place, both measured on the same later-in-time rows.
 *
 * Without a champion the candidate must beat the constant base rate of its own training rows.
 *
 * @example decidePromotion(policy, candidate, { name: 'champion', quality })
 */
export function decidePromotion(
  policy: PromotionPolicy,
  candidate: BinaryQuality,
  rival: { readonly name: string; readonly quality: BinaryQuality },
): PromotionDecision {
  if (candidate.rowCount < policy.rowsAtLeast) {
    return { promote: false, reason: `${candidate.rowCount} holdout rows, ${policy.rowsAtLeast} wanted` }
  }
  const gain = rival.quality.logLoss - candidate.logLoss
  const figures = `log loss ${candidate.logLoss.toFixed(4)} against ${rival.quality.logLoss.toFixed(4)} of the ${rival.name} on ${candidate.rowCount} rows`
  if (!(gain >= policy.gainAtLeast))
    return { promote: false, reason: `gain of ${gain.toFixed(4)} is below ${policy.gainAtLeast}: ${figures}` }
  return { promote: true, reason: `gain of ${gain.toFixed(4)}: ${figures}` }
}
