import { missingBinOf } from './bins.ts'
import { leafGain, shrink } from './leaf-sums.ts'
import type { SplitSearch } from './split.ts'

/**
 * Whether two sides may gain more than `gainToBeat` together, to a rounding error: their sum of fractions against it, without the divisions, which
 * made up TODO of the search.
 */
function mayGain(
  gradientA: number,
  hessianA: number,
  gradientB: number,
  hessianB: number,
  l1: number,
  l2: number,
  gainToBeat: number,
): boolean {
  const a = shrink(gradientA, l1)
  const b = shrink(gradientB, l1)
  const curvatureA = hessianA + l2
  const curvatureB = hessianB + l2
  return a * a * curvatureB + b * b * curvatureA >= gainToBeat * curvatureA * curvatureB * (1 - 1e-12)
}

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
    hessian += unsigned[at + 2 * bin]
    gradient += signed[at + 2 * bin + 1]
    const hessianRest = hessianTotal - hessian
    if (hessianRest < hessianMin) break
    if (hessian >= hessianMin && mayGain(gradient, hessian, gradientTotal - gradient, hessianRest, l1, l2, bestGain)) {
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
      if (!mayGain(gradientLeft, hessianLeft, gradientTotal - gradientLeft, hessianTotal - hessianLeft, l1, l2, bestGain)) continue
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
