import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gainImportance, makeGbdtModel, parseGbdtModel } from '#models/gbdt/model.ts'
import { trainGbdt } from '#models/gbdt/train.ts'
import { assertShuffledScores } from '../shuffled-scores.ts'
import { makeSet } from './sets.ts'

const settings = { roundCount: 10, minCategoryRows: 20 }

describe('parseGbdtModel', () => {
  for (const objective of ['binary', 'squared-error'] as const) {
    it(`gives back from JSON the model that scores the same bits: ${objective}`, async () => {
      const set = makeSet(2_000, { target: objective === 'binary' ? 'label' : 'number' })
      // l1 makes leaves of value 0: JSON would lose the sign of a −0
      const model = await trainGbdt(set, { objective, settings: { ...settings, l1: 5 } })
      assert.ok(model.data.trees.some(tree => tree.leafValues.includes(0)))
      const parsed = parseGbdtModel(JSON.parse(JSON.stringify(model.toJson())))
      assert.deepEqual(parsed.data, model.data)
      assert.deepEqual(parsed.score(set.block), model.score(set.block))
      assert.deepEqual(parsed.toOnnx({}), model.toOnnx({}))
    })
  }
  it('rejects what is not a model of this format', () => {
    for (const [json, got] of [
      [null, 'undefined of format undefined'],
      [{ kind: 'logistic', formatVersion: 1 }, 'logistic of format 1'],
      [{ kind: 'gbdt', formatVersion: 2 }, 'gbdt of format 2'],
    ]) {
      assert.throws(() => parseGbdtModel(json), {
        code: 'BUNDLE_INVALID',
        message: `the model must be gbdt of format 1, got ${got}; train it again with this version`,
      })
    }
  })
})

describe('makeGbdtModel', () => {
  it('rejects rows with another number of features', async () => {
    const model = await trainGbdt(makeSet(500), { settings })
    assert.throws(() => model.score({ values: new Float32Array(4), rowCount: 1, featureCount: 4 }), {
      code: 'ARGUMENT_INVALID',
      message: 'a row must have 5 features, got 4; score with the definition of the model',
    })
  })
  it('knows what each feature changes, numbers and categories, missing and unknown', async () => {
    const set = makeSet(3_000)
    for (let at = 0; at < set.block.values.length; at += 7) set.block.values[at] = Number.NaN
    const model = await trainGbdt(set, { settings })
    assert.ok(model.data.trees.some(tree => tree.nodes.some(node => node.rule.kind === 'category')))
    assertShuffledScores(model, set.block)
  })
  it('scores no rows', async () => {
    const model = await trainGbdt(makeSet(500), { settings })
    assert.equal(model.score({ values: new Float32Array(0), rowCount: 0, featureCount: 5 }).length, 0)
  })
})

describe('gainImportance', () => {
  it('sums to 1, and puts the features that matter first', async () => {
    const { data } = await trainGbdt(makeSet(3_000, { numberCount: 5, categoryCounts: [] }), { settings: { ...settings, leafCount: 8 } })
    const shares = gainImportance(data)
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-12)
    assert.ok(Math.min(shares[0], shares[1]) > Math.max(shares[2], shares[3], shares[4]))
  })
  it('is 0 for a model without a split', () => {
    const { features } = makeSet(1, { numberCount: 2, categoryCounts: [] })
    const { data } = makeGbdtModel({ kind: 'gbdt', formatVersion: 1, objective: 'binary', baseScore: 0, features, bins: [], trees: [] })
    assert.deepEqual([...gainImportance(data)], [0, 0])
  })
})
