import { checkBothClasses, checkYesOrNo } from '../../check-targets.ts'
import type { FeatureSpec, Model, TrainingSet } from '../../training-set.ts'
import { toSlots } from '../design.ts'
import { makeLogisticModel } from '../logistic.ts'
import { dropUnused, type Layout, makeLayout, slotCountOf, toDesign } from './layout.ts'
import { learnInto, makeSlotSums, type SlotSums } from './proximal.ts'
import type { FtrlSettings } from './settings.ts'

/**
 * Trains a logistic regression online: rows are learnt one by one in their order, so that later rows count for more.
 *
 * Numbers go by quantile bins, categories by the hash of their names; any number of them costs the same memory.
 *
 * @throws MillraceError TRAINING_IMPOSSIBLE without rows, with one class only, or with targets that are not 0 or 1
 * @example trainFtrl(set, parseFtrlSettings({})).score(set.block) // one probability a row
 */
export function trainFtrl(set: TrainingSet, settings: FtrlSettings): Model {
  checkYesOrNo(set.targets)
  checkBothClasses(set)
  const state = startFtrl(set, settings)
  learnRows(state, set)
  return toModel(state, set.features)
}

/** A learner between two batches of rows; `toJson` saves it. */
export interface FtrlState {
  readonly settings: FtrlSettings
  readonly layout: Layout
  readonly sums: SlotSums
}

/** A learner that has learnt nothing yet; the rows only fix the bin edges of the numbers. */
export function startFtrl(set: TrainingSet, settings: FtrlSettings): FtrlState {
  const layout = makeLayout(set, settings)
  return { settings, layout, sums: makeSlotSums(slotCountOf(layout)) }
}

/**
 * Learns these rows into the state, each as often as `passes` says.
 *
 * With one pass, learning rows in two batches equals learning them at once. A batch may hold one class only; its targets must
 * be 0 or 1. Dictionaries may differ from batch to batch.
 *
 * @throws MillraceError TRAINING_IMPOSSIBLE where the features are not those the learner was started for
 */
export function learnRows({ settings, layout, sums }: FtrlState, set: TrainingSet): void {
  const design = toDesign(layout, set.features)
  const { block, targets, weights } = set
  const slots = toSlots(design, block)
  const rows = { slots, perRow: block.featureCount, slotCount: design.slotCount, targets, ...(weights ? { weights } : {}) }
  for (let pass = 0; pass < settings.passes; pass++) learnInto(sums, rows, settings)
}

/** The model as of now, for blocks with these dictionaries; learning on leaves it unchanged. */
export function toModel({ layout, sums }: FtrlState, features: readonly FeatureSpec[]): Model {
  const { design, weights } = dropUnused(layout, toDesign(layout, features), sums.weights)
  return { ...makeLogisticModel(design, weights), kind: 'ftrl' }
}
