import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { learnRows, startFtrl, toModel, trainFtrl } from '#models/linear/ftrl/ftrl.ts'
import { parseFtrlSettings } from '#models/linear/ftrl/settings.ts'
import { sigmoid } from '#models/sigmoid.ts'
import { type FeatureBlock, type Model, sliceRows, type TrainingSet } from '#models/training-set.ts'
import { makeSet, makeWideSet } from './sets.ts'

const settings = parseFtrlSettings({})

async function worstDifference(model: Model, block: FeatureBlock): Promise<number> {
  const session = await loadOnnx(model.toOnnx({ definition: 'abc' }))
  const scores = await session.run(block)
  return model.score(block).reduce((worst, score, row) => Math.max(worst, Math.abs(score - scores[row])), 0)
}

describe('trainFtrl', () => {
  it('learns what a category and a number say', () => {
    const model = trainFtrl(makeSet(5_000), settings)
    const [low, high, highWithC] = model.score({ values: Float32Array.from([-2, 0, 2, 0, 2, 2]), rowCount: 3, featureCount: 2 })
    assert.ok(low < 0.2 && high > 0.7 && highWithC > high, `${low} ${high} ${highWithC}`)
  })
  it('gives the same model for the same rows', () => {
    const bytes = () => trainFtrl(makeSet(1_000), settings).toOnnx({})
    assert.deepEqual(bytes(), bytes())
  })
  it('leaves its rows unchanged', () => {
    const set = makeSet(200)
    trainFtrl(set, settings)
    assert.deepEqual(set, makeSet(200))
  })
  it('comes closer to its rows with every pass', () => {
    const set = makeSet(500)
    const lossAfter = (passes: number) => {
      const scores = trainFtrl(set, parseFtrlSettings({ passes })).score(set.block)
      return scores.reduce((loss, score, row) => loss - Math.log(set.targets[row] === 1 ? score : 1 - score), 0)
    }
    assert.ok(lossAfter(10) < lossAfter(3) && lossAfter(3) < lossAfter(1))
  })
  it('gives categories that l1 holds at 0 no weight in the file', () => {
    const bytes = (l1: number) => trainFtrl(makeWideSet(20_000, 5_000), parseFtrlSettings({ l1 })).toOnnx({}).length
    assert.ok(bytes(3) < bytes(0) - 10_000)
  })

  it('scores as its ONNX file does, missing and unseen values included', async () => {
    // category d is in the dictionary, but in no training row
    const set = makeSet(3_000)
    const fresh = makeSet(100_000, 2)
    for (let row = 0; row < fresh.block.rowCount; row += 7) fresh.block.values[2 * row + 1] = 3
    const worst = await worstDifference(trainFtrl(set, settings), fresh.block)
    assert.ok(worst <= 1e-6, `largest difference ${worst}`)
  })
  it('takes a category that no row had as no more than the intercept', () => {
    const set = makeWideSet(300, 10)
    const features = set.features.map(feature => ({ ...feature, categories: [...feature.categories, 'unseen'] }))
    const state = startFtrl(set, settings)
    learnRows(state, set)
    const [score] = toModel(state, features).score({ values: Float32Array.of(10), rowCount: 1, featureCount: 1 })
    assert.equal(score, sigmoid(Math.fround(state.sums.weights[0])))
  })
  it('learns 100,000 categories within its slots, in ONNX as well', async () => {
    const set = makeWideSet(300_000, 100_000)
    const model = trainFtrl(set, parseFtrlSettings({ learningRate: 1 }))
    const scores = model.score(set.block)
    const meanOf = (target: number) => {
      const chosen = scores.filter((_, row) => set.targets[row] === target)
      return chosen.reduce((sum, score) => sum + score, 0) / chosen.length
    }
    assert.ok(meanOf(1) > meanOf(0) + 0.1, `${meanOf(1)} ${meanOf(0)}`)
    assert.ok(model.toOnnx({}).length < 1_600_000) // 8 bytes a category, 4 a slot that weighs something
    assert.ok((await worstDifference(model, sliceRows(set, 0, 20_000).block)) <= 1e-6)
  })
  it('lets categories share slots where there are more of them than slots', async () => {
    const set = makeWideSet(5_000, 1_000)
    const model = trainFtrl(set, parseFtrlSettings({ hashBits: 4 }))
    assert.ok(model.toOnnx({}).length < 10_000)
    assert.ok((await worstDifference(model, set.block)) <= 1e-6)
  })

  /** Gives the number column of every row this value. */
  const setNumber = (set: TrainingSet, value: number) => {
    for (let at = 0; at < set.block.values.length; at += 2) set.block.values[at] = value
  }
  const oddSets: readonly [what: string, change: (set: TrainingSet) => void][] = [
    ['a constant feature', set => setNumber(set, 7)],
    ['a number that is always missing', set => setNumber(set, Number.NaN)],
    ['nothing but missing values', set => set.block.values.fill(Number.NaN)],
    ['infinities', set => set.block.values.set([Number.POSITIVE_INFINITY, 0, Number.NEGATIVE_INFINITY, 1])],
    ['nothing but infinities', set => setNumber(set, Number.POSITIVE_INFINITY)],
  ]
  for (const [what, change] of oddSets) {
    it(`goes on with ${what}, in ONNX as well`, async () => {
      const set = makeSet(500)
      change(set)
      const model = trainFtrl(set, settings)
      assert.ok(model.score(set.block).every(score => score > 0 && score < 1))
      assert.ok((await worstDifference(model, set.block)) <= 1e-6)
    })
  }
  it('goes on with an empty dictionary', async () => {
    const set = makeSet(100)
    for (let at = 1; at < set.block.values.length; at += 2) set.block.values[at] = Number.NaN
    const features = set.features.map(feature => ({ ...feature, categories: [] }))
    assert.ok((await worstDifference(trainFtrl({ ...set, features }, settings), set.block)) <= 1e-6)
  })

  it('rejects rows of one class only', () => {
    const set = makeSet(100)
    set.targets.fill(1)
    assert.throws(() => trainFtrl(set, settings), {
      message: /^training needs rows of both classes, got 100 yes and 0 no; wait for more labels/,
    })
  })
  it('rejects rows that all weigh zero', () => {
    const set = { ...makeSet(100), weights: new Float32Array(100) }
    assert.throws(() => trainFtrl(set, settings), { message: /^training needs rows of both classes, got 0 yes and 0 no/ })
  })
  it('rejects targets that are not 0 or 1', () => {
    const set = makeSet(100)
    set.targets[3] = 2
    assert.throws(() => trainFtrl(set, settings), { message: /^target of row 3 must be 0 or 1 for a binary label, got 2/ })
  })
  it('rejects no rows at all', () => {
    assert.throws(() => trainFtrl(makeSet(0), settings), { message: /^training needs rows of both classes, got 0 yes and 0 no/ })
  })
  it('rejects settings out of range or unknown', () => {
    assert.throws(() => parseFtrlSettings({ learningRate: 0 }), { message: /^trainer.ftrl.learningRate must be from 0.0001 to 10, got 0/ })
    assert.throws(() => parseFtrlSettings({ alpha: 1 } as never), {
      message: /^trainer.ftrl.alpha is not a setting; allowed are learningRate/,
    })
  })
})

describe('learnRows', () => {
  it('learns rows in two halves as it learns them at once', () => {
    const set = makeSet(2_000)
    const whole = startFtrl(set, settings)
    learnRows(whole, set)
    const halves = startFtrl(set, settings)
    learnRows(halves, sliceRows(set, 0, 700))
    learnRows(halves, sliceRows(set, 700, 2_000))
    assert.deepEqual(halves, whole)
  })
  it('finds the weights of a category under another dictionary', () => {
    const set = makeSet(2_000)
    const state = startFtrl(set, settings)
    learnRows(state, set)
    const turned = set.features.map(feature => ({ ...feature, categories: feature.categories.toReversed() }))
    const [a, d] = [0, 3].map(code => Float32Array.from([1, code]))
    const score = (values: Float32Array, features: TrainingSet['features']) =>
      toModel(state, features).score({ values, rowCount: 1, featureCount: 2 })
    assert.deepEqual(score(a, set.features), score(d, turned))
  })
  it('leaves a model as it was when it was made', () => {
    const set = makeSet(2_000)
    const state = startFtrl(set, settings)
    learnRows(state, sliceRows(set, 0, 1_000))
    const model = toModel(state, set.features)
    const before = model.score(set.block)
    learnRows(state, sliceRows(set, 1_000, 2_000))
    assert.deepEqual(model.score(set.block), before)
  })
  it('rejects features other than those it was started for', () => {
    const set = makeSet(100)
    const state = startFtrl(set, settings)
    assert.throws(() => learnRows(state, { ...set, features: set.features.toReversed() }), {
      code: 'TRAINING_IMPOSSIBLE',
      message:
        'the learner was started for number amount, category kind, got category kind, number amount; start a new one for these features',
    })
  })
})
