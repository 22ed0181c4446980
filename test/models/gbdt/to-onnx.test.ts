import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { makeGbdtModel } from '#models/gbdt/model.ts'
import { type GbdtOptions, trainGbdt } from '#models/gbdt/train.ts'
import type { TrainingSet } from '#models/training-set.ts'
import { largestDifference, leavesOf, makeSet } from './sets.ts'

const settings = { roundCount: 60, minCategoryRows: 20 }
const fewer = { ...settings, roundCount: 25 }

describe('gbdtToOnnx', () => {
  const wide = { numberCount: 8, categoryCounts: [3, 40, 300] }
  const cases: readonly [what: string, set: TrainingSet, fresh: TrainingSet, options: GbdtOptions][] = [
    ['numbers and categories', makeSet(8_000, wide), makeSet(100_000, { ...wide, seed: 2, categoryCounts: [4, 60, 400] }), { settings }],
    [
      'numbers without missing values in training',
      makeSet(4_000, { categoryCounts: [], missingRatio: 0 }),
      makeSet(100_000, { categoryCounts: [], seed: 2 }),
      { settings: fewer },
    ],
    [
      'categories without missing values in training',
      makeSet(4_000, { numberCount: 0, missingRatio: 0 }),
      makeSet(100_000, { numberCount: 0, seed: 2, categoryCounts: [9, 99] }),
      { settings: fewer },
    ],
  ]
  for (const [what, set, fresh, options] of cases) {
    it(`scores 100,000 rows as the plain scorer does: ${what}, missing and unseen values included`, async () => {
      const { values, featureCount } = fresh.block
      values.set(Array.from({ length: featureCount }, () => Number.POSITIVE_INFINITY))
      values.set(
        Array.from({ length: featureCount }, () => Number.NEGATIVE_INFINITY),
        featureCount,
      )
      const model = await trainGbdt(set, options)
      assert.equal(model.data.trees.length, options.settings!.roundCount)
      const session = await loadOnnx(model.toOnnx({ definition: 'abc' }))
      const worst = largestDifference(model.score(fresh.block), await session.run(fresh.block))
      assert.ok(worst <= 1e-6, `largest difference ${worst}`)
    })
  }
  it('scores as the plain scorer does for squared error, to a millionth of the target', async () => {
    const model = await trainGbdt(makeSet(4_000, { target: 'number' }), { objective: 'squared-error', settings: fewer })
    const fresh = makeSet(20_000, { seed: 2, target: 'number' })
    const scores = await (await loadOnnx(model.toOnnx({}))).run(fresh.block)
    assert.ok(largestDifference(model.score(fresh.block), scores) <= 10 * 1e-6) // targets are about 10
  })
  it('scores every row with the base rate for a model without trees', async () => {
    const set = makeSet(500)
    set.block.values.fill(1)
    const model = await trainGbdt(set, { settings })
    assert.equal(model.data.trees.length, 0)
    const fresh = makeSet(1_000, { seed: 2 })
    const scores = await (await loadOnnx(model.toOnnx({}))).run(fresh.block)
    assert.ok(largestDifference(model.score(fresh.block), scores) <= 1e-6)
    assert.equal(new Set(Array.from(scores)).size, 1)
  })
  it('scores a split that sends only the missing values left, or all present ones', async () => {
    for (const kind of ['number', 'category'] as const) {
      for (const isMissingLeft of [false, true]) {
        const rule = kind === 'number' ? { kind, bin: 1 } : { kind, bins: isMissingLeft ? [] : [0] }
        const model = makeGbdtModel({
          kind: 'gbdt',
          formatVersion: 1,
          objective: 'squared-error',
          baseScore: 0,
          features: [{ name: 'x', kind, categories: kind === 'number' ? [] : ['a'] }],
          bins: [kind === 'number' ? { kind, edges: [0.5] } : { kind, codes: [0] }],
          trees: [
            { nodes: [{ feature: 0, rule, isMissingLeft, left: ~0, right: ~1, gain: 1 }], leafValues: [1, 2], leafRowCounts: [1, 1] },
          ],
        })
        const block = { values: Float32Array.of(0, Number.NaN, 1, Number.POSITIVE_INFINITY), rowCount: 4, featureCount: 1 }
        const scores = await (await loadOnnx(model.toOnnx({}))).run(block)
        assert.deepEqual(Array.from(scores), Array.from(model.score(block)), `${kind}, missing left: ${isMissingLeft}`)
      }
    }
  })
})

describe('the plain scorer', () => {
  it('adds the leaves that the definition of bins and rules leads to', async () => {
    const options = { numberCount: 8, categoryCounts: [3, 40, 300] }
    const model = await trainGbdt(makeSet(4_000, options), { settings: { ...settings, roundCount: 20, leafCount: 100, minLeafRows: 3 } })
    const { block } = makeSet(2_000, { ...options, seed: 2, categoryCounts: [4, 60, 400] })
    const scores = model.score(block)
    for (let row = 0; row < block.rowCount; row++) {
      const sum = leavesOf(model, block, row).reduce(
        (score, leaf, tree) => score + model.data.trees[tree].leafValues[leaf],
        model.data.baseScore,
      )
      assert.equal(scores[row], 1 / (1 + Math.exp(-sum)))
    }
  })
})
