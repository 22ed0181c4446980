import { pairedLossGain } from '../measure/intervals.ts'
import { normalQuantile } from '../measure/normal.ts'

/** What a candidate is judged by. */
export const metrics = ['logLoss', 'auc'] as const
export type Metric = (typeof metrics)[number]

/** By how much the candidate is better, and by how much at least with the wanted confidence. */
export interface MeasuredGain {
  readonly gain: number
  readonly bound: number
}

/** Resamples of the block bootstrap: the bound moves by about a fiftieth of its width from seed to seed. */
const draws = 2_000

/**
 * The gain in mean loss over a rival on the same rows in time order, and its lower bound by block bootstrap: the true gain is above it with the
 * given one-sided `confidence`.
 *
 * At a confidence of 0.5 the bound is the gain itself, below it lies above. Null below two rows.
 *
 * @example boundLossGain(candidateLosses, rivalLosses, { confidence: 0.9, random }) // { gain: 0.004, bound: 0.001 }
 */
export function boundLossGain(
  candidate: Float64Array,
  rival: Float64Array,
  { confidence, random }: { readonly confidence: number; readonly random: () => number },
): MeasuredGain | null {
  if (confidence === 0.5) {
    const measured = pairedLossGain(candidate, rival, { draws: 1, confidence: 0.5, random })
    return measured && { gain: measured.gain, bound: measured.gain }
  }
  const measured = pairedLossGain(candidate, rival, { draws, confidence: Math.abs(2 * confidence - 1), random })
  return measured && { gain: measured.gain, bound: confidence > 0.5 ? measured.low : measured.high }
}

/**
 * The same for a gain that was measured elsewhere, with the standard deviation of its chance, taken for normal.
 *
 * @example boundNormalGain({ gain: 0.012, deviation: 0.003 }, 0.9) // { gain: 0.012, bound: 0.008… }
 */
export function boundNormalGain(
  { gain, deviation }: { readonly gain: number; readonly deviation: number },
  confidence: number,
): MeasuredGain {
  return { gain, bound: gain + normalQuantile(1 - confidence) * deviation }
}
