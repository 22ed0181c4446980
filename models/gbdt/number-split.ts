import { missingBinOf } from './bins.ts'
import { leafGain, leafL2 } from './leaf-sums.ts'
import { rowsPerHessian, type Split, type SplitSearch } from './split.ts'

/**
 * Scans the bins of a number from low to high; at each edge the rows seen so far go left, with the missing ones tried on both sides.
 *
 * Where the leaf has no missing rows, later ones will follow the side with the larger hessian.
 *
 * @see Chen & Guestrin, XGBoost (KDD 2016), algorithm 3
 */
export const findNumberSplit: SplitSearch<'number'> = (leaf, feature, bins, { unsigned, signed, at }, gainToBeat) => {
  const { units, settings } = leaf
  const { l1 } = settings
  const l2 = leafL2(settings, false)
  const gradientTotal = leaf.sums.gradient
  const hessianTotal = leaf.sums.hessian
  const hessianMin = Math.max(settings.minLeafHessian / units.hessian, settings.minLeafRows / rowsPerHessian(leaf), 1)
  const missingBin = missingBinOf(bins)
  const missingGradient = signed[at + 2 * missingBin + 1]
  const missingHessian = unsigned[at + 2 * missingBin]
  const hasMissing = missingHessian !== 0 || missingGradient !== 0
  const parentGain = leafGain(gradientTotal * units.gradient, hessianTotal * units.hessian, l1, l2)
  const binEnd = hasMissing ? missingBin : missingBin - 1

  const gainOf = (gradient: number, hessian: number) =>
    leafGain(gradient * units.gradient, hessian * units.hessian, l1, l2) +
    leafGain((gradientTotal - gradient) * units.gradient, (hessianTotal - hessian) * units.hessian, l1, l2) -
    parentGain

  let best = { gain: gainToBeat, bin: -1, gradient: 0, hessian: 0, isMissingLeft: false }
  let gradient = 0
  let hessian = 0
  for (let bin = 0; bin < binEnd; bin++) {
    const binHessian = unsigned[at + 2 * bin]
    const binGradient = signed[at + 2 * bin + 1]
    if (binHessian === 0 && binGradient === 0) continue // the same rows as at the edge before
    gradient += binGradient
    hessian += binHessian
    if (hessianTotal - hessian < hessianMin) break
    if (hessian >= hessianMin) {
      const gain = gainOf(gradient, hessian)
      if (gain > best.gain) best = { gain, bin, gradient, hessian, isMissingLeft: !hasMissing && 2 * hessian > hessianTotal }
    }
    if (hasMissing && hessian + missingHessian >= hessianMin && hessianTotal - hessian - missingHessian >= hessianMin) {
      const gain = gainOf(gradient + missingGradient, hessian + missingHessian)
      if (gain > best.gain) {
        best = { gain, bin, gradient: gradient + missingGradient, hessian: hessian + missingHessian, isMissingLeft: true }
      }
    }
  }
  if (best.bin < 0) return undefined
  return toSplit(best)

  function toSplit({ gain, bin, gradient, hessian, isMissingLeft }: typeof best): Split {
    return {
      feature,
      rule: { kind: 'number', bin },
      isMissingLeft,
      gain,
      left: { gradient, hessian },
      right: { gradient: gradientTotal - gradient, hessian: hessianTotal - hessian },
    }
  }
}
