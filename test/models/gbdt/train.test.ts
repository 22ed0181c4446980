import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type GbdtModel, parseGbdtModel } from '#models/gbdt/model.ts'
import { type GbdtOptions, trainGbdt } from '#models/gbdt/train.ts'
import type { TrainingSet } from '#models/training-set.ts'
import { largestDifference, lossOf, makeSet, withWeights } from './sets.ts'

const bytesOf = (model: GbdtModel) => JSON.stringify(model.toJson())

describe('trainGbdt, by threads and kernels,', () => {
  const few = { minThreadRows: 100, roundCount: 6, leafCount: 20, minCategoryRows: 20 }
  const cases: readonly [what: string, set: TrainingSet, options: GbdtOptions][] = [
    ['compact records', makeSet(3_000), { settings: few }],
    ['wide records (weights)', withWeights(makeSet(3_000), row => (row % 3) / 2), { settings: few }],
    ['wide records (squared error)', makeSet(3_000, { target: 'number' }), { objective: 'squared-error', settings: few }],
    ['drawn rows and features', makeSet(3_000), { settings: { ...few, rowRatio: 0.6, columnRatio: 0.5 } }],
    ['exactly 8 features', makeSet(2_000, { numberCount: 6 }), { settings: few }],
    ['19 features, compact', makeSet(2_000, { numberCount: 16, categoryCounts: [3, 300, 9] }), { settings: few }],
    ['19 features, wide', withWeights(makeSet(2_000, { numberCount: 16, categoryCounts: [3, 300, 9] }), () => 2), { settings: few }],
    ['255 leaves', makeSet(4_000), { settings: { ...few, leafCount: 255, minLeafRows: 2, minCategoryRows: 2 } }],
    ['numbers without missing values', makeSet(2_000, { categoryCounts: [], missingRatio: 0 }), { settings: few }],
    ['an odd number of rows', makeSet(1_999), { settings: few }],
  ]
  for (const [what, set, options] of cases) {
    it(`gives the same model to the byte with ${what}`, async () => {
      const train = async (kernels: 'wasm' | 'js', threadCount: number) =>
        bytesOf(await trainGbdt(set, { ...options, kernels, settings: { ...options.settings, threadCount } }))
      const expected = await train('wasm', 1)
      assert.equal(JSON.parse(expected).trees.length, 6)
      assert.ok((await train('js', 1)) === expected, 'JavaScript, 1 part')
      assert.ok((await train('js', 3)) === expected, 'JavaScript, 3 parts')
      assert.ok((await train('wasm', 2)) === expected, '2 threads')
      assert.ok((await train('wasm', 3)) === expected, '3 threads')
    })
  }

  it('gives the same model to the byte after a warm start of 255 leaves', async () => {
    const set = makeSet(3_000)
    const warmStart = await trainGbdt(set, { settings: { ...few, leafCount: 255, minLeafRows: 2, minCategoryRows: 2 } })
    assert.ok(warmStart.data.trees.some(tree => tree.leafValues.length > 128))
    for (const form of [set, withWeights(set, row => 1 + (row % 2))]) {
      const train = async (kernels: 'wasm' | 'js', threadCount: number) =>
        bytesOf(await trainGbdt(form, { warmStart, kernels, settings: { ...few, threadCount } }))
      const expected = await train('wasm', 1)
      assert.ok((await train('js', 2)) === expected, 'JavaScript')
      assert.ok((await train('wasm', 3)) === expected, '3 threads')
    }
  })
})

describe('trainGbdt', () => {
  const settings = { roundCount: 30, leafCount: 15, minCategoryRows: 20 }

  it('learns: the loss on fresh rows falls far below that of the base rate', async () => {
    const test = makeSet(5_000, { seed: 2 })
    const [none, some] = await Promise.all(
      [1, 60].map(roundCount => trainGbdt(makeSet(10_000), { settings: { roundCount, learningRate: roundCount === 1 ? 1e-4 : 0.1 } })),
    )
    assert.ok(lossOf(some, test) < lossOf(none, test) - 0.08, `${lossOf(some, test)} against ${lossOf(none, test)}`)
  })
  it('leaves the rows that it was given unchanged', async () => {
    const set = withWeights(makeSet(1_000), row => row % 3)
    const before = [set.block.values.slice(), set.targets.slice(), set.weights!.slice()]
    await trainGbdt(set, { settings })
    assert.deepEqual([set.block.values, set.targets, set.weights], before)
  })
  it('repeats what a seed draws, and draws anew with another', async () => {
    const train = async (seed: number) =>
      bytesOf(await trainGbdt(makeSet(3_000), { settings: { ...settings, seed, rowRatio: 0.5, columnRatio: 0.6 } }))
    assert.equal(await train(7), await train(7))
    assert.notEqual(await train(7), await train(8))
  })
  it('fits a tree to drawn rows, whose means are near those of all rows', async () => {
    const set = makeSet(4_000, { target: 'number', missingRatio: 0 })
    const one = { ...settings, roundCount: 1, learningRate: 1, leafCount: 2, rowRatio: 0.25 }
    const model = await trainGbdt(set, { objective: 'squared-error', settings: one })
    const all = await trainGbdt(set, { objective: 'squared-error', settings: { ...one, rowRatio: 1 } })
    assert.notDeepEqual(model.data.trees[0].leafValues, all.data.trees[0].leafValues)
    assert.ok(largestDifference(model.data.trees[0].leafValues, all.data.trees[0].leafValues) < 0.2)
  })
  it('draws columnRatio of the features for every tree', async () => {
    const model = await trainGbdt(makeSet(2_000, { numberCount: 8, categoryCounts: [] }), { settings: { ...settings, columnRatio: 0.25 } })
    for (const tree of model.data.trees) assert.ok(new Set(tree.nodes.map(node => node.feature)).size <= 2)
  })

  it('approaches the mean of each group with squared error', async () => {
    const values = Float32Array.from({ length: 1_000 }, (_, row) => row % 4)
    const targets = Float32Array.from({ length: 1_000 }, (_, row) => [1_000_000, 1_000_001, 1_000_003, 999_990][row % 4])
    const set = {
      features: [{ name: 'group', kind: 'number' as const, categories: [] }],
      block: { values, rowCount: 1_000, featureCount: 1 },
      targets,
    }
    const model = await trainGbdt(set, { objective: 'squared-error', settings: { roundCount: 60, learningRate: 0.3 } })
    assert.ok(largestDifference(model.score(set.block), targets) < 1e-3)
  })
  it('follows the weights: a weight of 2 is the row twice, probabilities within 1e-5', async () => {
    const set = makeSet(1_500)
    const twice = (row: number) => row % 3 === 0
    const rows = Array.from({ length: 1_500 }, (_, row) => row).flatMap(row => (twice(row) ? [row, row] : [row]))
    const repeated: TrainingSet = {
      features: set.features,
      block: {
        values: Float32Array.from(rows.flatMap(row => [...set.block.values.subarray(row * 5, row * 5 + 5)])),
        rowCount: rows.length,
        featureCount: 5,
      },
      targets: Float32Array.from(rows, row => set.targets[row]),
      weights: new Float32Array(rows.length).fill(1), // wide records in both
    }
    // bins are quantiles of rows, not of weights: few enough distinct values that both sets have the same
    for (const { block } of [set, repeated])
      for (let at = 0; at < block.values.length; at++) block.values[at] = Math.round(8 * block.values[at]) / 8
    // row counts are estimated from the hessian's share of the rows, which are fewer in one of the two
    const plain = { roundCount: 10, leafCount: 8, minLeafRows: 1, minCategoryRows: 1, categorySmoothing: 0 }
    const weighted = await trainGbdt(
      withWeights(set, row => (twice(row) ? 2 : 1)),
      { settings: plain },
    )
    const scores = (await trainGbdt(repeated, { settings: plain })).score(set.block)
    assert.ok(largestDifference(weighted.score(set.block), scores) < 1e-5)
  })
  it('takes rows of weight 0 for rows that are not there', async () => {
    const set = makeSet(2_000)
    const spoilt = withWeights({ ...set, targets: set.targets.map((target, row) => (row < 1_000 ? 1 - target : target)) }, row =>
      Number(row >= 1_000),
    )
    const good = lossOf(await trainGbdt(spoilt, { settings }), makeSet(2_000, { seed: 3 }))
    const bad = lossOf(await trainGbdt({ ...spoilt, weights: new Float32Array(2_000).fill(1) }, { settings }), makeSet(2_000, { seed: 3 }))
    assert.ok(good < bad - 0.05, `${good} against ${bad}`)
  })
  it('learns labels of which one in 5,000 is yes', async () => {
    const set = makeSet(50_000, { categoryCounts: [], missingRatio: 0 })
    for (let row = 0; row < 50_000; row++) set.targets[row] = Number(row % 5_000 === 0)
    for (let row = 0; row < 50_000; row += 5_000) set.block.values[row * 3] = 1.99
    const model = await trainGbdt(set, { settings: { roundCount: 20 } })
    const baseRateLoss = lossOf(await trainGbdt(set, { settings: { roundCount: 1, learningRate: 1e-4 } }), set)
    assert.ok(lossOf(model, set) < baseRateLoss)
    assert.ok(model.score(set.block)[0] > 20 * model.score(set.block)[1])
  })
})

describe('a warm start', () => {
  const settings = { roundCount: 10, leafCount: 15 }

  it('of 10 rounds after 10 saved ones gives the very trees of 20 rounds', async () => {
    const set = makeSet(3_000)
    const saved = bytesOf(await trainGbdt(set, { settings }))
    const resumed = await trainGbdt(set, { settings, warmStart: parseGbdtModel(JSON.parse(saved)) })
    const whole = await trainGbdt(set, { settings: { ...settings, roundCount: 20 } })
    assert.equal(bytesOf(resumed), bytesOf(whole))
  })
  it('gives the very trees with squared error, and with drawn rows and features', async () => {
    const drawn = { ...settings, rowRatio: 0.5, columnRatio: 0.5 }
    for (const objective of ['binary', 'squared-error'] as const) {
      const set = makeSet(3_000, { target: objective === 'binary' ? 'label' : 'number' })
      const resumed = await trainGbdt(set, { objective, settings: drawn, warmStart: await trainGbdt(set, { objective, settings: drawn }) })
      const whole = await trainGbdt(set, { objective, settings: { ...drawn, roundCount: 20 } })
      assert.equal(bytesOf(resumed), bytesOf(whole))
    }
  })
  it('keeps the saved trees and bins on new rows, with a dictionary that has grown', async () => {
    const first = await trainGbdt(makeSet(3_000), { settings })
    const grown = makeSet(3_000, { seed: 5, categoryCounts: [3, 60] })
    const model = await trainGbdt(grown, { settings, warmStart: first })
    assert.deepEqual(model.data.trees.slice(0, 10), first.data.trees)
    assert.equal(model.data.bins, first.data.bins)
    assert.equal(model.data.features, grown.features)
    assert.ok(lossOf(model, grown) < lossOf(first, grown))
  })
  it('rejects other features', async () => {
    const warmStart = await trainGbdt(makeSet(500), { settings })
    await assert.rejects(trainGbdt(makeSet(500, { numberCount: 2 }), { warmStart }), {
      code: 'TRAINING_IMPOSSIBLE',
      message: /^a warm start must have the features number0 \(number\), .* got number0 \(number\), .*; use one definition for both$/,
    })
  })
  it('rejects a dictionary whose codes have moved', async () => {
    const warmStart = await trainGbdt(makeSet(500), { settings })
    const set = makeSet(500)
    const moved = set.features.map(feature => ({ ...feature, categories: feature.categories.toReversed() }))
    await assert.rejects(trainGbdt({ ...set, features: moved }, { warmStart }), { message: /with the same category codes/ })
  })
  it('rejects another objective', async () => {
    const warmStart = await trainGbdt(makeSet(500), { settings })
    await assert.rejects(trainGbdt(makeSet(500), { warmStart, objective: 'squared-error' }), {
      message: 'a warm start must keep the objective binary, got squared-error; train a new model',
    })
  })
})

describe('trainGbdt on odd rows', () => {
  const settings = { roundCount: 5, leafCount: 8, minLeafRows: 5, minCategoryRows: 5 }
  const fill = (value: number) => (set: TrainingSet) => set.block.values.fill(value)
  const oddSets: readonly [what: string, change: (set: TrainingSet) => void, treeCount: number][] = [
    ['constant features', fill(1), 0],
    ['features that are always missing', fill(Number.NaN), 0],
    ['infinities', set => set.block.values.set([Infinity, 1, -Infinity, 0, 1, -Infinity, Infinity, Infinity, 1, 2]), 5],
    ['the largest float32', set => set.block.values.set([3.4028234663852886e38, 1, -3.4028234663852886e38, 0, 1]), 5],
  ]
  for (const [what, change, treeCount] of oddSets) {
    it(`goes on with ${what}`, async () => {
      const set = makeSet(1_000, { seed: 4 })
      change(set)
      const model = await trainGbdt(set, { settings })
      assert.equal(model.data.trees.length, treeCount)
      assert.ok(model.score(set.block).every(score => score > 0 && score < 1))
    })
  }
  it('separates both infinities and the missing from the rest', async () => {
    const kinds = [Number.NEGATIVE_INFINITY, 0, 1, Number.POSITIVE_INFINITY, Number.NaN]
    const values = Float32Array.from({ length: 1_000 }, (_, row) => kinds[row % 5])
    const targets = Float32Array.from({ length: 1_000 }, (_, row) => [5, 1, 2, -3, 9][row % 5])
    const features = [{ name: 'x', kind: 'number' as const, categories: [] }]
    const set = { features, block: { values, rowCount: 1_000, featureCount: 1 }, targets }
    const model = await trainGbdt(set, { objective: 'squared-error', settings: { roundCount: 1, learningRate: 1 } })
    assert.ok(largestDifference(model.score(set.block), targets) < 1e-5)
  })
  it('gives the mean for ten rows', async () => {
    const set = makeSet(10, { seed: 4 })
    set.targets.fill(0).fill(1, 0, 3)
    const model = await trainGbdt(set)
    assert.equal(model.data.trees.length, 0)
    assert.ok(largestDifference(model.score(set.block), new Float64Array(10).fill(0.3)) < 1e-7)
  })
  it('trains on one row with squared error', async () => {
    const model = await trainGbdt(makeSet(1, { target: 'number' }), { objective: 'squared-error' })
    assert.equal(model.data.trees.length, 0)
  })
  it('scores a category never seen as the rare ones', async () => {
    const model = await trainGbdt(makeSet(2_000, { seed: 4 }), { settings })
    const [unseen, far] = model.score({ values: Float32Array.of(0, 0, 0, 77, 77, 0, 0, 0, 99_999, 1e9), rowCount: 2, featureCount: 5 })
    assert.equal(unseen, far)
  })
  it('keeps the 253 most frequent of 100,000 categories', async () => {
    const set = makeSet(30_000, { categoryCounts: [100_000] })
    const model = await trainGbdt(set, { settings })
    const [, , , bins] = model.data.bins
    assert.ok(bins.kind === 'category' && bins.codes.length === 253)
    assert.ok(lossOf(model, set) < 0.69)
  })
})
