import type { GbdtSettings } from './settings.ts'

/** Sums over the rows of a leaf, as integers: exact, whatever the order of the rows. */
export interface LeafSums {
  readonly gradient: number
  readonly hessian: number
}

/** What one integer step is worth in this round. */
export interface Units {
  readonly gradient: number
  readonly hessian: number
}

/** A gradient sum moved towards 0 by `l1`. */
export function shrink(gradientSum: number, l1: number): number {
  if (gradientSum > l1) return gradientSum - l1
  return gradientSum < -l1 ? gradientSum + l1 : 0
}

/**
 * Twice the loss that a leaf takes away at its best value: G² / (H + λ), in the units of the loss.
 *
 * A leaf without curvature takes nothing away.
 *
 * @see Chen & Guestrin, XGBoost (KDD 2016), eq. 6
 * @example leafGain(-3, 2, 0, 1) // 3
 */
export function leafGain(gradientSum: number, hessianSum: number, l1: number, l2: number): number {
  const curvature = hessianSum + l2
  const gradient = shrink(gradientSum, l1)
  return curvature > 0 ? (gradient * gradient) / curvature : 0
}

/**
 * Leaf value that minimises the second-order loss: −G / (H + λ), in log-odds or in the target's unit.
 *
 * The learning rate is applied later. A leaf without curvature gives 0, not NaN.
 *
 * @see Chen & Guestrin, XGBoost (KDD 2016), eq. 5
 * @example leafValue(-3, 2, 0, 1) // 1
 */
export function leafValue(gradientSum: number, hessianSum: number, l1: number, l2: number): number {
  const curvature = hessianSum + l2
  return curvature > 0 ? -shrink(gradientSum, l1) / curvature : 0
}

/** The λ of a leaf: more where categories were split, because the best of many sets is partly luck. */
export function leafL2(settings: GbdtSettings, isCategorySide: boolean): number {
  return settings.l2 + (isCategorySide ? settings.categoryL2 : 0)
}
