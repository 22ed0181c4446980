import { checkBothClasses, checkYesOrNo } from '../check-targets.ts'
import { MillraceError } from '../errors.ts'
import type { TrainingSet } from '../training-set.ts'
import type { Objective } from './objective.ts'
import { rowCountLimit } from './round.ts'

const impossible = (message: string) => new MillraceError('TRAINING_IMPOSSIBLE', message)

/**
 * Refuses what cannot be trained on. Infinite feature values are fine: they are ordered like any other number.
 *
 * @throws MillraceError TRAINING_IMPOSSIBLE, saying which row or feature and what to do
 */
export function checkTrainingSet(set: TrainingSet, objective: Objective): void {
  const { rowCount, featureCount } = set.block
  if (rowCount < 1) throw impossible('there are no rows; widen the training window')
  if (rowCount > rowCountLimit)
    throw impossible(`there are ${rowCount} rows, at most ${rowCountLimit} can be trained on; sample them or shorten the window`)
  if (featureCount < 1) throw impossible('there are no features; add one in models/pipeline.ts')
  checkRows(set, objective)
  if (objective === 'binary') checkBothClasses(set)
}

/**
 * Refuses validation rows that no loss can be taken of. One class only is fine.
 *
 * @throws MillraceError TRAINING_IMPOSSIBLE
 */
export function checkValidationSet(set: TrainingSet, objective: Objective): void {
  if (set.block.rowCount < 1) throw impossible('the validation set has no rows; widen its window')
  try {
    checkRows(set, objective)
  } catch (cause) {
    throw impossible(`the validation set: ${(cause as Error).message}`)
  }
}

function checkRows(set: TrainingSet, objective: Objective): void {
  const { features, block, targets, weights } = set
  const { rowCount, featureCount } = block
  const lengths = {
    features: [features.length, featureCount],
    values: [block.values.length, rowCount * featureCount],
    targets: [targets.length, rowCount],
  }
  for (const [name, [length, expected]] of Object.entries(lengths)) {
    if (length !== expected) throw impossible(`${name} must have ${expected} entries, got ${length}; build the training set anew`)
  }
  if (weights) checkWeights(weights, rowCount)
  if (objective === 'binary') checkYesOrNo(targets)
  else checkFinite(targets)
  checkCategories(set)
}

function checkWeights(weights: Float32Array, rowCount: number): void {
  if (weights.length !== rowCount)
    throw impossible(`weights must have ${rowCount} entries, got ${weights.length}; build the training set anew`)
  const row = weights.findIndex(weight => !(weight >= 0 && weight < Number.POSITIVE_INFINITY))
  if (row >= 0) throw impossible(`weight of row ${row} must be finite and at least 0, got ${weights[row]}; correct it or leave the row out`)
  if (weights.every(weight => weight === 0)) throw impossible('all weights are 0; give at least one row a positive weight')
}

function checkFinite(targets: Float32Array): void {
  const row = targets.findIndex(target => !Number.isFinite(target))
  if (row < 0) return
  throw impossible(`target of row ${row} must be a finite number, got ${targets[row]}; correct the label or leave the row out`)
}

function checkCategories({ features, block }: TrainingSet): void {
  for (const [feature, { name, kind, categories }] of features.entries()) {
    if (kind !== 'category') continue
    for (let row = 0; row < block.rowCount; row++) {
      const code = block.values[row * block.featureCount + feature]
      if (Number.isNaN(code) || (Number.isInteger(code) && code >= 0 && code < categories.length)) continue
      throw impossible(
        `${name} of row ${row} must be missing or a code from 0 to ${categories.length - 1}, got ${code}; encode it with the dictionary of the training set`,
      )
    }
  }
}
