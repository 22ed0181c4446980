import { type FeatureBins, missingBinOf, otherBinOf } from './bins.ts'
import { leafGain } from './leaf-sums.ts'
import type { SplitSearch } from './split.ts'

/**
 * Finds a set of categories to go left: ordered by gradient over hessian, the best set is a prefix of the order, so it is enough to
 * scan from both ends. Missing is a category like any other. The rare and the unseen ("other") always go right, so that the rule is a
 * short list of known categories.
 *
 * A set and its complement gain exactly the same, so the sums that come back belong to the set itself, never to "the better half".
 *
 * @see Fisher, On grouping for maximum homogeneity (JASA 1958); LightGBM, src/treelearner/feature_histogram.cpp,
 *   FindBestThresholdCategoricalInner
 */
export const findCategorySplit: SplitSearch<'category'> = (leaf, feature, bins, { unsigned, signed, at }, gainToBeat) => {
  const { settings, sums, l1, categoryL2: l2, gainUnit, rowsPerStep, hessianMin, parentGain } = leaf
  const smoothing = settings.categorySmoothing
  const order = toOrder(unsigned, signed, at, bins, Math.max(smoothing / rowsPerStep, 1), smoothing / leaf.hessianUnit)
  const groupHessianMin = settings.minCategoryRows / rowsPerStep
  const restHessianMin = Math.max(hessianMin, groupHessianMin)
  const sizeLimit = Math.min(settings.maxCategoriesPerSplit, (order.length + 1) >> 1)

  let best = { gain: gainToBeat / gainUnit + parentGain, size: 0, isFromEnd: false, gradient: 0, hessian: 0 }
  for (const isFromEnd of [false, true]) {
    let gradient = 0
    let hessian = 0
    let groupHessian = 0
    for (let size = 1; size <= sizeLimit; size++) {
      const bin = isFromEnd ? order[order.length - size] : order[size - 1]
      gradient += signed[at + 2 * bin + 1]
      hessian += unsigned[at + 2 * bin]
      groupHessian += unsigned[at + 2 * bin]
      if (sums.hessian - hessian < restHessianMin) break
      if (hessian < hessianMin || groupHessian < groupHessianMin) continue
      groupHessian = 0
      const gain = leafGain(gradient, hessian, l1, l2) + leafGain(sums.gradient - gradient, sums.hessian - hessian, l1, l2)
      if (gain > best.gain) best = { gain, size, isFromEnd, gradient, hessian }
    }
  }
  if (best.size === 0) return undefined
  const chosen = [...(best.isFromEnd ? order.subarray(-best.size) : order.subarray(0, best.size))]
  const missingBin = missingBinOf(bins)
  return {
    feature,
    rule: { kind: 'category', bins: chosen.filter(bin => bin !== missingBin).sort((a, b) => a - b) },
    isMissingLeft: chosen.includes(missingBin),
    gain: (best.gain - parentGain) * gainUnit,
    left: { gradient: best.gradient, hessian: best.hessian },
    right: { gradient: sums.gradient - best.gradient, hessian: sums.hessian - best.hessian },
  }
}

const keys = new Float64Array(256)
const keyWords = new Uint32Array(keys.buffer)
const orderedBins = new Uint8Array(256)

/**
 * The bins with enough rows, by gradient over smoothed hessian. The result is overwritten by the next call.
 *
 * The bin rides in the 8 lowest bits of its key, so the keys sort natively, without a callback or objects (this took 0.25 s of 2.6 s on
 * 1,000,000 flights, now 0.08 s); ratios that agree to 44 bits count as equal.
 */
function toOrder(
  unsigned: Uint32Array,
  signed: Int32Array,
  at: number,
  bins: FeatureBins & { readonly kind: 'category' },
  hessianMin: number,
  smoothing: number,
): Uint8Array {
  const missingBin = missingBinOf(bins)
  const otherBin = otherBinOf(bins)
  let count = 0
  for (let bin = 0; bin <= missingBin; bin++) {
    const hessian = unsigned[at + 2 * bin]
    if (hessian < hessianMin || bin === otherBin) continue
    keys[count] = signed[at + 2 * bin + 1] / (hessian + smoothing)
    keyWords[2 * count] = (keyWords[2 * count] & ~255) | bin
    count++
  }
  keys.subarray(0, count).sort()
  for (let i = 0; i < count; i++) orderedBins[i] = keyWords[2 * i] & 255
  return orderedBins.subarray(0, count)
}
