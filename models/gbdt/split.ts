import type { FeatureBins } from './bins.ts'
import { type LeafSums, leafGain, type Units } from './leaf-sums.ts'
import type { GbdtSettings } from './settings.ts'
import type { SplitRule } from './tree.ts'

/** A way to part a leaf. */
export interface Split {
  readonly feature: number
  readonly rule: SplitRule
  readonly isMissingLeft: boolean
  /** In the units of the loss. */
  readonly gain: number
  readonly left: LeafSums
  readonly right: LeafSums
}

/** A leaf's histogram of one feature: bin `b` has its hessian sum at `unsigned[at + 2 * b]`, its gradient sum at `signed[at + 2 * b + 1]`. */
export interface Histogram {
  readonly unsigned: Uint32Array
  readonly signed: Int32Array
  readonly at: number
}

/**
 * A leaf as the searches see it: sums stay in integer steps, and what they are compared with is brought to steps, once a leaf.
 *
 * With g and h the worth of a step, G²/(H + λ) in the units of the loss is (g² / h) × G²/(H + λ/h) in steps.
 */
export interface SearchLeaf {
  readonly sums: LeafSums
  readonly l1: number
  readonly l2: number
  readonly categoryL2: number
  /** Worth of a gain of 1 in the units of the loss. */
  readonly gainUnit: number
  /** Rows for one step of the hessian: counts are not kept in the histogram but estimated, as LightGBM does (cnt_factor). */
  readonly rowsPerStep: number
  /** Fewest steps of hessian on either side, from minLeafRows and minLeafHessian. */
  readonly hessianMin: number
  /** A split must leave more than this on its two sides together. */
  readonly parentGain: number
  readonly settings: GbdtSettings
  readonly hessianUnit: number
}

/** Rounding alone must not look like a gain. */
const roundingSlack = 1 + 2 ** -40

export function toSearchLeaf(sums: LeafSums, rowCount: number, units: Units, settings: GbdtSettings): SearchLeaf {
  const l1 = settings.l1 / units.gradient
  const l2 = settings.l2 / units.hessian
  const rowsPerStep = sums.hessian > 0 ? rowCount / sums.hessian : 0
  return {
    sums,
    l1,
    l2,
    categoryL2: (settings.l2 + settings.categoryL2) / units.hessian,
    gainUnit: units.gradient ** 2 / units.hessian,
    rowsPerStep,
    hessianMin: Math.max(settings.minLeafHessian / units.hessian, settings.minLeafRows / rowsPerStep, 1),
    parentGain: leafGain(sums.gradient, sums.hessian, l1, l2) * roundingSlack,
    settings,
    hessianUnit: units.hessian,
  }
}

/** Best split of one feature that gains more than `gainToBeat`. */
export type SplitSearch<Kind extends FeatureBins['kind']> = (
  leaf: SearchLeaf,
  feature: number,
  bins: FeatureBins & { readonly kind: Kind },
  histogram: Histogram,
  gainToBeat: number,
) => Split | undefined
