import { checkBothClasses, checkYesOrNo } from '../check-targets.ts'
import { sigmoid } from '../sigmoid.ts'
import type { FeatureBlock, Model, TrainingSet } from '../training-set.ts'
import { type Design, makeDesign, toSlots } from './design.ts'
import { fitWeights } from './newton.ts'
import { logitsOf } from './one-hot-rows.ts'
import type { LogisticSettings } from './settings.ts'
import { logisticToOnnx } from './to-onnx.ts'

/**
 * Trains a logistic regression on one-hot bins and categories: every feature adds one weight to the log-odds.
 *
 * @throws MillraceError TRAINING_IMPOSSIBLE without rows, with one class only, or with targets that are not 0 or 1
 * @example trainLogistic(set, parseLogisticSettings({})).score(set.block) // one probability a row
 */
export function trainLogistic(set: TrainingSet, settings: LogisticSettings): Model {
  checkYesOrNo(set.targets)
  checkBothClasses(set)
  const design = makeDesign(set, settings)
  const rows = {
    slots: toSlots(design, set.block),
    perRow: set.block.featureCount,
    slotCount: design.slotCount,
    targets: set.targets,
    ...(set.weights ? { weights: set.weights } : {}),
  }
  return makeLogisticModel(design, fitWeights(rows, settings))
}

/** A model from its layout and weights; the weights are float32 values, as in the ONNX file. */
export function makeLogisticModel(design: Design, fitted: Float64Array): Model {
  const weights = Float64Array.from(fitted, Math.fround)
  return {
    kind: 'logistic',
    score: block => scoreBlock(design, weights, block),
    scoreShuffled: (block, permutation) => scoreShuffled(design, weights, block, permutation),
    toOnnx: metadata => logisticToOnnx(design, weights, metadata),
  }
}

function scoreBlock(design: Design, weights: Float64Array, block: FeatureBlock): Float64Array {
  return logitsOf({ slots: toSlots(design, block), perRow: block.featureCount }, block.rowCount, weights).map(sigmoid)
}

function scoreShuffled(design: Design, weights: Float64Array, block: FeatureBlock, permutation: Uint32Array): Float64Array[] {
  const { rowCount, featureCount } = block
  const slots = toSlots(design, block)
  const logits = logitsOf({ slots, perRow: featureCount }, rowCount, weights)
  return design.features.map((_, feature) => {
    const termOf = (row: number) => weights[slots[row * featureCount + feature]]
    return logits.map((logit, row) => sigmoid(logit + (termOf(permutation[row]) - termOf(row))))
  })
}
