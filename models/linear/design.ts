import { sortFloats } from '../sort-floats.ts'
import type { FeatureBlock, FeatureSpec, TrainingSet } from '../training-set.ts'

/**
 * How one feature becomes one-hot slots: slot `firstSlot` stands for missing or unknown, the following for its bins or categories.
 *
 * A number falls into bin `b` when `edges[b − 1] < value ≤ edges[b]`; edges are float32, as the values are.
 */
export interface FeatureSlots {
  readonly name: string
  readonly firstSlot: number
  readonly edges: Float32Array | null
  /** For a category: the slot of each code of the dictionary; rare ones share the slot of missing. */
  readonly slotOfCode: Int32Array | null
}

/** The one-hot layout of a feature block. Slot 0 is the intercept. */
export interface Design {
  readonly features: readonly FeatureSlots[]
  readonly slotCount: number
}

/** Lays out the slots from the training rows: quantile bins for numbers, the most frequent categories by name. */
export function makeDesign(set: TrainingSet, limits: { readonly binCount: number; readonly categoriesAtMost: number }): Design {
  let slotCount = 1
  const features = set.features.map((spec, feature): FeatureSlots => {
    const firstSlot = slotCount
    if (spec.kind === 'number') {
      const edges = quantileEdges(set.block, feature, limits.binCount)
      slotCount += 2 + edges.length // missing, and one bin more than there are edges
      return { name: spec.name, firstSlot, edges, slotOfCode: null }
    }
    const { slotOfCode, used } = frequentCodes(set.block, feature, spec, limits.categoriesAtMost, firstSlot)
    slotCount += 1 + used
    return { name: spec.name, firstSlot, edges: null, slotOfCode }
  })
  return { features, slotCount }
}

/** The slot of one value of a feature. */
function slotOf({ firstSlot, edges, slotOfCode }: FeatureSlots, value: number): number {
  if (Number.isNaN(value)) return firstSlot
  if (slotOfCode) return slotOfCode[value] ?? firstSlot
  let low = 0
  let high = edges!.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value > edges![middle]) low = middle + 1
    else high = middle
  }
  return firstSlot + 1 + low
}

/** Slots of every row: `slots[row * featureCount + feature]`. */
export function toSlots(design: Design, block: FeatureBlock): Int32Array {
  const slots = new Int32Array(block.values.length)
  const { featureCount } = block
  for (let feature = 0; feature < featureCount; feature++) {
    const layout = design.features[feature]
    for (let at = feature; at < slots.length; at += featureCount) slots[at] = slotOf(layout, block.values[at])
  }
  return slots
}

/** Distinct float32 values at the quantiles; the largest value is left out, since nothing lies above it. */
function quantileEdges(block: FeatureBlock, feature: number, binCount: number): Float32Array {
  const present = new Float32Array(block.rowCount)
  let count = 0
  for (let at = feature; at < block.values.length; at += block.featureCount) {
    if (Number.isFinite(block.values[at])) present[count++] = block.values[at]
  }
  const sorted = present.subarray(0, count)
  sortFloats(sorted)
  const edges = new Set<number>()
  for (let bin = 1; bin < binCount; bin++) {
    const edge = sorted[Math.floor((bin * sorted.length) / binCount)]
    if (edge < sorted[sorted.length - 1]) edges.add(edge)
  }
  return Float32Array.from(edges)
}

function frequentCodes(block: FeatureBlock, feature: number, spec: FeatureSpec, atMost: number, firstSlot: number) {
  const counts = new Uint32Array(spec.categories.length)
  for (let at = feature; at < block.values.length; at += block.featureCount) {
    if (!Number.isNaN(block.values[at])) counts[block.values[at]]++
  }
  const frequent = [...counts.keys()]
    .filter(code => counts[code] > 0)
    .sort((a, b) => counts[b] - counts[a] || a - b)
    .slice(0, atMost)
    .sort((a, b) => a - b)
  const slotOfCode = new Int32Array(spec.categories.length).fill(firstSlot)
  frequent.forEach((code, at) => {
    slotOfCode[code] = firstSlot + 1 + at
  })
  return { slotOfCode, used: frequent.length }
}
