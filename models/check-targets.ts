import { MillraceError } from './errors.ts'
import type { TrainingSet } from './training-set.ts'

const impossible = (message: string) => new MillraceError('TRAINING_IMPOSSIBLE', message)

/**
 * Refuses targets of a binary label that are neither 0 nor 1.
 *
 * @throws MillraceError TRAINING_IMPOSSIBLE
 */
export function checkYesOrNo(targets: Float32Array): void {
  const row = targets.findIndex(target => target !== 0 && target !== 1)
  if (row < 0) return
  throw impossible(
    `target of row ${row} must be 0 or 1 for a binary label, got ${targets[row]}; check label.isPositive in models/pipeline.ts`,
  )
}

/**
 * Refuses rows of one class only, those without a weight left out: there is nothing to tell apart. Targets are 0 or 1.
 *
 * @throws MillraceError TRAINING_IMPOSSIBLE
 */
export function checkBothClasses({ targets, weights }: Pick<TrainingSet, 'targets' | 'weights'>): void {
  const counts = [0, 0]
  for (let row = 0; row < targets.length; row++) if (weights?.[row] !== 0) counts[targets[row]]++
  const [no, yes] = counts
  if (no > 0 && yes > 0) return
  throw impossible(
    `training needs rows of both classes, got ${yes} yes and ${no} no; wait for more labels or widen retrain.windowMs in models/pipeline.ts`,
  )
}
