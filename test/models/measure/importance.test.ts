import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { permutationImportance } from '#models/measure/importance.ts'
import { makeRandom } from '#models/random.ts'
import { sigmoid } from '#models/sigmoid.ts'
import { lossesOf, lossOf } from '#models/task/yes-no.ts'
import type { FeatureBlock, TrainingSet } from '#models/training-set.ts'

/** Log-odds are a weighted sum of the features. */
const linearModel = (weights: readonly number[]) => ({
  score: ({ values, rowCount, featureCount }: FeatureBlock) =>
    Float64Array.from({ length: rowCount }, (_, row) =>
      sigmoid(weights.reduce((sum, weight, feature) => sum + weight * values[row * featureCount + feature], 0)),
    ),
})

/** Features from −1 to 1; yes comes as the linear model of these weights says. */
function makeHoldout(rowCount: number, weights: readonly number[], seed = 1): TrainingSet {
  const random = makeRandom(seed)
  const featureCount = weights.length
  const values = Float32Array.from({ length: rowCount * featureCount }, () => 2 * random() - 1)
  const block = { values, rowCount, featureCount }
  const targets = Float32Array.from(linearModel(weights).score(block), score => Number(random() < score))
  const features = weights.map((_, feature) => ({ name: `f${feature}`, kind: 'number' as const, categories: [] }))
  return { features, block, targets }
}

const settings = (rowsAtMost = 10_000) => ({ lossesOf, rowsAtMost, random: makeRandom(9) })

describe('permutationImportance', () => {
  it('orders features by what they tell', async () => {
    const weights = [0.5, 4, 0, 2]
    const importances = await permutationImportance(linearModel(weights), makeHoldout(4000, weights), settings())
    assert.deepEqual(
      importances.map(({ feature }) => feature),
      ['f1', 'f3', 'f0', 'f2'],
    )
  })
  it('is exactly 0 for a feature that the model does not use', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 50 }), async (seed, rowCount) => {
        const importances = await permutationImportance(linearModel([1, 0]), makeHoldout(rowCount, [1, 0], seed), settings())
        assert.equal(importances.find(({ feature }) => feature === 'f1')!.lossIncrease, 0)
      }),
    )
  })
  it('is the loss with two values swapped minus that without, by hand', async () => {
    const holdout: TrainingSet = {
      features: [{ name: 'only', kind: 'number', categories: [] }],
      block: { values: Float32Array.of(0.25, 0.75), rowCount: 2, featureCount: 1 },
      targets: Float32Array.of(0, 1),
    }
    const model = { score: ({ values }: FeatureBlock) => Float64Array.from(values) }
    const [{ lossIncrease }] = await permutationImportance(model, holdout, { lossesOf, rowsAtMost: 2, random: () => 0 })
    assert.ok(Math.abs(lossIncrease - (lossOf(0.25, 1) - lossOf(0.75, 1))) < 1e-12)
  })
  it('leaves the holdout as it was', async () => {
    const holdout = makeHoldout(200, [1, 2])
    const before = structuredClone(holdout)
    await permutationImportance(linearModel([1, 2]), holdout, settings())
    assert.deepEqual(holdout, before)
  })
  it('repeats with the seed', async () => {
    const holdout = makeHoldout(200, [1, 2])
    const model = linearModel([1, 2])
    assert.deepEqual(await permutationImportance(model, holdout, settings()), await permutationImportance(model, holdout, settings()))
  })
  it('does not depend on the order of features', async () => {
    const { features, block, targets } = makeHoldout(200, [1, 2])
    const values = block.values.map((_, at) => block.values[at ^ 1])
    const swapped = { features: features.toReversed(), block: { ...block, values }, targets }
    assert.deepEqual(
      await permutationImportance(linearModel([2, 1]), swapped, settings()),
      await permutationImportance(linearModel([1, 2]), { features, block, targets }, settings()),
    )
  })
  it('scores no more rows than it is allowed, from the whole span', async () => {
    const holdout = makeHoldout(100, [1])
    const model = {
      score: (block: FeatureBlock) => {
        assert.equal(block.rowCount, 4)
        const taken = [0, 25, 50, 75].map(row => holdout.block.values[row])
        assert.deepEqual([...block.values].sort(), taken.sort())
        return linearModel([1]).score(block)
      },
    }
    assert.equal((await permutationImportance(model, holdout, settings(4))).length, 1)
  })
  it('asks a model that knows what a feature changes once, and gets the same', async () => {
    const holdout = makeHoldout(300, [1, 2])
    const plain = linearModel([1, 2])
    let scored = 0
    const knowing = {
      score: (block: FeatureBlock) => {
        scored++
        return plain.score(block)
      },
      scoreShuffled: ({ values, rowCount, featureCount }: FeatureBlock, permutation: Uint32Array) =>
        [0, 1].map(feature => {
          const shuffled = values.map((value, at) =>
            at % featureCount === feature ? values[permutation[Math.floor(at / featureCount)] * featureCount + feature] : value,
          )
          return plain.score({ values: shuffled, rowCount, featureCount })
        }),
    }
    assert.deepEqual(await permutationImportance(knowing, holdout, settings()), await permutationImportance(plain, holdout, settings()))
    assert.equal(scored, 1)
  })
  it('is empty without rows', async () => {
    assert.deepEqual(await permutationImportance(linearModel([1]), makeHoldout(0, [1]), settings()), [])
  })
})
