import { pairedLossGain } from '../measure/intervals.ts'
import { normalQuantile } from '../measure/normal.ts'
import { pairedAucGain } from '../measure/paired-auc.ts'

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
 * The gain of scores over a rival's on the same rows in time order, and its lower bound: the true gain is above it with the given one-sided `confidence`.
 *
 * Log loss by block bootstrap, AUC by DeLong. At a confidence of 0.5 the bound is the gain itself, below it lies above. Null where the rows
 * do not tell: fewer than two, or for AUC fewer than two of a class.
 *
 * @example measureGain('logLoss', { candidate, rival, targets, confidence: 0.9, random }) // { gain: 0.004, bound: 0.001 }
 */
export function measureGain(
  metric: Metric,
  parts: {
    readonly candidate: ArrayLike<number>
    readonly rival: ArrayLike<number>
    readonly targets: ArrayLike<number>
    readonly confidence: number
    readonly random: () => number
  },
): MeasuredGain | null {
  const { candidate, rival, targets, confidence, random } = parts
  if (metric === 'auc') {
    const measured = pairedAucGain(candidate, rival, targets)
    return measured && { gain: measured.gain, bound: measured.gain + normalQuantile(1 - confidence) * measured.deviation }
  }
  if (confidence === 0.5) {
    const measured = pairedLossGain(candidate, rival, targets, { draws: 1, confidence: 0.5, random })
    return measured && { gain: measured.gain, bound: measured.gain }
  }
  const measured = pairedLossGain(candidate, rival, targets, { draws, confidence: Math.abs(2 * confidence - 1), random })
  return measured && { gain: measured.gain, bound: confidence > 0.5 ? measured.low : measured.high }
}
