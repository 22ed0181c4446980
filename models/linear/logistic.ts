import { MillraceError } from '../errors.ts'
import { sigmoid } from '../sigmoid.ts'
import type { FeatureBlock, Model, TrainingSet } from '../training-set.ts'
import { type Design, makeDesign, toSlots } from './design.ts'
import { fitWeights, logitOf } from './newton.ts'
import type { LogisticSettings } from './settings.ts'
import { logisticToOnnx } from './to-onnx.ts'

/**
 * Trains a logistic regression on one-hot bins and categories: every feature adds one weight to the log-odds.
 *
 * @throws MillraceError TRAINING_IMPOSSIBLE without rows, with one class only, or with targets that are not 0 or 1
 * @example trainLogistic(set, parseLogisticSettings({})).score(set.block) // one probability a row
 */
export function trainLogistic(set: TrainingSet, settings: LogisticSettings): Model {
  checkTargets(set.targets)
  const design = makeDesign(set, settings)
  const rows = {
    slots: toSlots(design, set.block),
    perRow: set.block.featureCount,
    slotCount: design.slotCount,
    targets: set.targets,
    ...(set.weights ? { weights: set.weights } : {}),
  }
  return makeLogisticModel(design, fitWeights(rows, settings.l2, settings.iterationsAtMost))
}

/** A model from its layout and weights; the weights are float32 values, as in the ONNX file. */
export function makeLogisticModel(design: Design, fitted: Float64Array): Model {
  const weights = Float64Array.from(fitted, Math.fround)
  return {
    kind: 'logistic',
    score: block => scoreBlock(design, weights, block),
    toOnnx: metadata => logisticToOnnx(design, weights, metadata),
  }
}

function scoreBlock(design: Design, weights: Float64Array, block: FeatureBlock): Float64Array {
  const slots = toSlots(design, block)
  const scores = new Float64Array(block.rowCount)
  for (let row = 0; row < scores.length; row++) scores[row] = sigmoid(logitOf(slots, row, block.featureCount, weights))
  return scores
}

export function checkTargets(targets: Float32Array): void {
  let positives = 0
  for (const target of targets) {
    if (target !== 0 && target !== 1) {
      throw new MillraceError('TRAINING_IMPOSSIBLE', `targets must be 0 or 1, got ${target}; check label.isPositive in models/pipeline.ts`)
    }
    positives += target
  }
  if (positives === 0 || positives === targets.length) {
    throw new MillraceError(
      'TRAINING_IMPOSSIBLE',
      `training needs rows of both classes, got ${positives} yes and ${targets.length - positives} no; wait for more labels or widen retrain.windowMs in models/pipeline.ts`,
    )
  }
}
