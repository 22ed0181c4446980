import { clipDeviations, momentValues } from './settings.ts'

/** Numbers of a state that a feature takes: how many values it had, their mean, their variance. */
export const momentSize = 3

/** A value counts as at most so many deviations away, once so many values were seen. */
const farDeviations = 10
const farAfterValues = 100
/** A number beyond this says nothing, and its square would be no number. */
const largest = 1e100

/**
 * A feature in deviations from its mean so far, cut off at ± 5; 0 where it is missing, beyond all measure, or has never varied.
 *
 * @example standardise(Float64Array.of(10, 4, 1), 0, 5) // 1
 */
export function standardise(moments: Float64Array, feature: number, value: number): number {
  const at = feature * momentSize
  const variance = moments[at + 2]
  if (!(variance > 0 && Math.abs(value) < largest)) return 0
  const deviations = (value - moments[at + 1]) / Math.sqrt(variance)
  return Math.max(-clipDeviations, Math.min(clipDeviations, deviations))
}

/**
 * Counts a feature's value; the newest 10,000 count most. A value that is a million times too large moves mean and deviation by little.
 *
 * @see Welford, Note on a method for calculating corrected sums of squares and products (Technometrics 1962)
 */
export function countValue(moments: Float64Array, feature: number, value: number): void {
  if (!(Math.abs(value) < largest)) return
  const at = feature * momentSize
  const count = Math.min(moments[at] + 1, momentValues)
  const mean = moments[at + 1]
  const variance = moments[at + 2]
  const reach = count > farAfterValues && variance > 0 ? farDeviations * Math.sqrt(variance) : Number.POSITIVE_INFINITY
  const distance = Math.max(-reach, Math.min(reach, value - mean))
  const share = 1 / count
  moments[at] = count
  moments[at + 1] = mean + share * distance
  moments[at + 2] = (1 - share) * (variance + share * distance * distance)
}
