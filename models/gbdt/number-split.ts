import { missingBinOf } from './bins.ts'
import { leafGain } from './leaf-sums.ts'
import type { SplitSearch } from './split.ts'

/**
 * Scans the bins of a number from low to high; at each edge the rows seen so far go left, with the missing ones tried on both sides.
 *
 * Where the leaf has no missing rows, later ones will follow the side with the larger hessian.
 *
 * @see Chen & Guestrin, XGBoost (KDD 2016), algorithm 3
 */
export const findNumberSplit: SplitSearch<'number'> = (leaf, feature, bins, { unsigned, signed, at }, gainToBeat) => {
  const { l1, l2, gainUnit, hessianMin, parentGain } = leaf
  const { gradient: gradientTotal, hessian: hessianTotal } = leaf.sums
  const missingBin = missingBinOf(bins)
  const missingGradient = signed[at + 2 * missingBin + 1]
  const missingHessian = unsigned[at + 2 * missingBin]
  const hasMissing = missingHessian !== 0 || missingGradient !== 0
  const binEnd = hasMissing ? missingBin : missingBin - 1

  let bestGain = gainToBeat / gainUnit + parentGain
  let best = -1
  let bestGradient = 0
  let bestHessian = 0
  let isMissingLeft = false
  let gradient = 0
  let hessian = 0
  for (let bin = 0; bin < binEnd; bin++) {
    const binHessian = unsigned[at + 2 * bin]
    const binGradient = signed[at + 2 * bin + 1]
    if (binHessian === 0 && binGradient === 0) continue // the same rows as at the edge before
    gradient += binGradient
    hessian += binHessian
    const hessianRest = hessianTotal - hessian
    if (hessianRest < hessianMin) break
    if (hessian >= hessianMin) {
      const gain = leafGain(gradient, hessian, l1, l2) + leafGain(gradientTotal - gradient, hessianRest, l1, l2)
      if (gain > bestGain) {
        bestGain = gain
        best = bin
        bestGradient = gradient
        bestHessian = hessian
        isMissingLeft = !hasMissing && hessian > hessianRest
      }
    }
    if (hasMissing && hessian + missingHessian >= hessianMin && hessianRest - missingHessian >= hessianMin) {
      const gradientLeft = gradient + missingGradient
      const hessianLeft = hessian + missingHessian
      const gain = leafGain(gradientLeft, hessianLeft, l1, l2) + leafGain(gradientTotal - gradientLeft, hessianTotal - hessianLeft, l1, l2)
      if (gain > bestGain) {
        bestGain = gain
        best = bin
        bestGradient = gradientLeft
        bestHessian = hessianLeft
        isMissingLeft = true
      }
    }
  }
  if (best < 0) return undefined
  return {
    feature,
    rule: { kind: 'number', bin: best },
    isMissingLeft,
    gain: (bestGain - parentGain) * gainUnit,
    left: { gradient: bestGradient, hessian: bestHessian },
    right: { gradient: gradientTotal - bestGradient, hessian: hessianTotal - bestHessian },
  }
}
