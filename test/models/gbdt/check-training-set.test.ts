import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { trainGbdt } from '#models/gbdt/train.ts'
import { sliceRows, type TrainingSet } from '#models/training-set.ts'
import { makeSet } from './sets.ts'

const set = makeSet(100)
const withWeights = (weights: ArrayLike<number>): TrainingSet => ({ ...set, weights: Float32Array.from(weights) })
const withTarget = (target: number): TrainingSet => ({ ...set, targets: set.targets.with(3, target) })
const withCode = (code: number): TrainingSet => ({ ...set, block: { ...set.block, values: set.block.values.with(5 * 7 + 3, code) } })

describe('checkTrainingSet', () => {
  const refused: readonly [what: string, set: TrainingSet, message: RegExp][] = [
    ['no rows', sliceRows(set, 0, 0), /^there are no rows; widen the training window$/],
    [
      'more rows than 2^24',
      { ...set, block: { ...set.block, rowCount: 2 ** 24 + 1 } },
      /^there are 16777217 rows, at most 16777216 can be trained on; sample them/,
    ],
    ['no features', { ...set, features: [], block: { ...set.block, featureCount: 0 } }, /^there are no features; add one/],
    ['names for other features', { ...set, features: set.features.slice(1) }, /^features must have 5 entries, got 4/],
    [
      'a block that is cut off',
      { ...set, block: { ...set.block, values: set.block.values.subarray(1) } },
      /^values must have 500 entries, got 499/,
    ],
    ['too few targets', { ...set, targets: set.targets.subarray(1) }, /^targets must have 100 entries, got 99/],
    ['too few weights', withWeights([1]), /^weights must have 100 entries, got 1/],
    ['a negative weight', withWeights(set.targets.with(8, -1)), /^weight of row 8 must be finite and at least 0, got -1/],
    [
      'a weight that is not a number',
      withWeights(set.targets.with(8, Number.NaN)),
      /^weight of row 8 must be finite and at least 0, got NaN/,
    ],
    ['an infinite weight', withWeights(set.targets.with(8, Infinity)), /^weight of row 8 must be finite and at least 0, got Infinity/],
    ['weights of zero', withWeights(new Float32Array(100)), /^all weights are 0; give at least one row a positive weight$/],
    ['a label of 2', withTarget(2), /^target of row 3 must be 0 or 1 for a binary label, got 2; check label.isPositive/],
    ['a label that is missing', withTarget(Number.NaN), /^target of row 3 must be 0 or 1 .*, got NaN/],
    [
      'no yes',
      { ...set, targets: new Float32Array(100) },
      /^training needs rows of both classes, got 0 yes and 100 no; wait for more labels/,
    ],
    ['no no', { ...set, targets: new Float32Array(100).fill(1) }, /^training needs rows of both classes, got 100 yes and 0 no/],
    [
      'a yes of weight 0 only',
      withWeights(set.targets.map(target => 1 - target)),
      /^training needs rows of both classes, got 0 yes and \d+ no/,
    ],
    ['a code beyond the dictionary', withCode(3), /^category0 of row 7 must be missing or a code from 0 to 2, got 3; encode it/],
    ['a negative code', withCode(-1), /^category0 of row 7 must be missing or a code from 0 to 2, got -1/],
    ['a broken code', withCode(0.5), /^category0 of row 7 must be missing or a code from 0 to 2, got 0.5/],
  ]
  for (const [what, set, message] of refused) {
    it(`rejects ${what}`, () => assert.rejects(trainGbdt(set), { code: 'TRAINING_IMPOSSIBLE', message }))
  }
  it('rejects an infinite target of squared error', () =>
    assert.rejects(trainGbdt(withTarget(Infinity), { objective: 'squared-error' }), {
      message: /^target of row 3 must be a finite number, got Infinity/,
    }))
})
