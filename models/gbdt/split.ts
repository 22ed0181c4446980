import type { FeatureBins } from './bins.ts'
import type { LeafSums, Units } from './leaf-sums.ts'
import type { GbdtSettings } from './settings.ts'
import type { SplitRule } from './tree.ts'

/** A way to part a leaf. */
export interface Split {
  readonly feature: number
  readonly rule: SplitRule
  readonly isMissingLeft: boolean
  readonly gain: number
  readonly left: LeafSums
  readonly right: LeafSums
}

/** A leaf's histogram of one feature: bin `b` has its hessian sum at `words[at + 2 * b]` (unsigned) and its gradient sum at the next (signed). */
export interface Histogram {
  readonly unsigned: Uint32Array
  readonly signed: Int32Array
  readonly at: number
}

/** What a search needs to know of the leaf and the round. */
export interface SearchLeaf {
  readonly sums: LeafSums
  readonly rowCount: number
  readonly units: Units
  readonly settings: GbdtSettings
}

/** Best split of one feature that gains more than `gainToBeat`. */
export type SplitSearch<Kind extends FeatureBins['kind']> = (
  leaf: SearchLeaf,
  feature: number,
  bins: FeatureBins & { readonly kind: Kind },
  histogram: Histogram,
  gainToBeat: number,
) => Split | undefined

/**
 * Rows for one step of the hessian. Counts are not kept in the histogram; they are estimated from hessians, as LightGBM does.
 *
 * @see LightGBM, src/treelearner/feature_histogram.hpp, cnt_factor
 */
export function rowsPerHessian({ rowCount, sums }: Pick<SearchLeaf, 'rowCount' | 'sums'>): number {
  return sums.hessian > 0 ? rowCount / sums.hessian : 0
}
