import { MillraceError } from '../../errors.ts'
import type { FeatureSpec, TrainingSet } from '../../training-set.ts'
import { type Design, makeDesign } from '../design.ts'
import { hashCategory } from './hash.ts'
import type { FtrlSettings } from './settings.ts'

/** What fixes the slots of a learner for good: its features, and the edges of its numbers' bins. */
export interface Layout {
  /** `edges` of a number, float32 and rising; null for a category, whose slots come from its hash. */
  readonly features: readonly { readonly name: string; readonly edges: Float32Array | null }[]
  readonly hashBits: number
}

/** Takes the bin edges from the quantiles of these rows. */
export function makeLayout(set: TrainingSet, { binCount, hashBits }: FtrlSettings): Layout {
  const { features } = makeDesign(set, { binCount, categoriesAtMost: 0 })
  return { features: features.map(({ name, edges }) => ({ name, edges })), hashBits }
}

/**
 * The one-hot design of a layout for the dictionaries of a set: intercept, then each feature's own slots, then the hashed ones.
 *
 * A number has a slot for missing and one a bin, a category one for missing. All categories of all features share the
 * 2^hashBits slots behind: memory is bounded, and a new dictionary finds the old weights, since names are hashed, not codes.
 *
 * @throws MillraceError TRAINING_IMPOSSIBLE where the features are not the layout's
 */
export function toDesign({ features, hashBits }: Layout, specs: readonly FeatureSpec[]): Design {
  const own = features.map(({ name, edges }) => `${edges ? 'number' : 'category'} ${name}`).join(', ')
  const given = specs.map(({ kind, name }) => `${kind} ${name}`).join(', ')
  if (own !== given) {
    throw new MillraceError('TRAINING_IMPOSSIBLE', `the learner was started for ${own}, got ${given}; start a new one for these features`)
  }
  const firstHashed = firstHashedSlot(features)
  const hashedCount = 1 << hashBits
  let slotCount = 1
  const slots = features.map(({ name, edges }, column) => {
    const firstSlot = slotCount
    slotCount += edges ? 2 + edges.length : 1 // missing, and one bin more than there are edges
    const toSlot = (category: string) => firstHashed + (hashCategory(name, category) & (hashedCount - 1))
    return { name, firstSlot, edges, slotOfCode: edges ? null : Int32Array.from(specs[column].categories, toSlot) }
  })
  return { features: slots, slotCount: firstHashed + hashedCount }
}

/** All slots of a layout. */
export function slotCountOf({ features, hashBits }: Layout): number {
  return firstHashedSlot(features) + (1 << hashBits)
}

/**
 * The same scores from fewer slots: of the hashed ones only those that a dictionary uses and whose weight is not 0.
 *
 * The slots that weigh 0 become one. So a model file grows with its dictionaries, not with the table of the learner.
 */
export function dropUnused(layout: Layout, design: Design, weights: Float64Array): { design: Design; weights: Float64Array } {
  const firstHashed = firstHashedSlot(layout.features)
  const kept = [...weights.subarray(0, firstHashed), 0]
  const keptSlotOf = new Map<number, number>()
  const toKept = (slot: number): number => {
    if (weights[slot] === 0) return firstHashed
    const known = keptSlotOf.get(slot)
    if (known !== undefined) return known
    keptSlotOf.set(slot, kept.length)
    return kept.push(weights[slot]) - 1
  }
  const features = design.features.map(feature => ({ ...feature, slotOfCode: feature.slotOfCode?.map(toKept) ?? null }))
  return { design: { features, slotCount: kept.length }, weights: Float64Array.from(kept) }
}

function firstHashedSlot(features: Layout['features']): number {
  return features.reduce((count, { edges }) => count + (edges ? 2 + edges.length : 1), 1)
}
