import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GbdtModel } from '#models/gbdt/model.ts'
import { type GbdtOptions, trainGbdt } from '#models/gbdt/train.ts'
import { sigmoid } from '#models/sigmoid.ts'
import type { TrainingSet } from '#models/training-set.ts'
import { leavesOf, makeSet } from './sets.ts'

const settings = { roundCount: 6, leafCount: 31, learningRate: 0.3, minCategoryRows: 10, l1: 0.5, l2: 2, categoryL2: 7 }

/** Whether the leaf's parent splits a category. */
function isCategorySide({ data }: GbdtModel, tree: number, leaf: number): boolean {
  return data.trees[tree].nodes.some(({ rule, left, right }) => rule.kind === 'category' && (left === ~leaf || right === ~leaf))
}

/** Walks all rows through every tree and compares what each leaf says with the sums over the rows that end there. */
function compareLeaves(model: GbdtModel, { block, targets, weights }: TrainingSet, tolerance: number): void {
  const isBinary = model.data.objective === 'binary'
  const scores = new Float64Array(block.rowCount).fill(model.data.baseScore)
  const leaves = Array.from(scores, (_, row) => leavesOf(model, block, row))
  for (const [number, { leafValues, leafRowCounts }] of model.data.trees.entries()) {
    const sums = leafValues.map(() => ({ rowCount: 0, gradient: 0, hessian: 0 }))
    for (let row = 0; row < block.rowCount; row++) {
      const weight = weights ? weights[row] : 1
      const prediction = isBinary ? sigmoid(scores[row]) : scores[row]
      const sum = sums[leaves[row][number]]
      sum.rowCount++
      sum.gradient += weight * (prediction - targets[row])
      sum.hessian += weight * (isBinary ? prediction * (1 - prediction) : 1)
      scores[row] += leafValues[leaves[row][number]]
    }
    for (const [leaf, { rowCount, gradient, hessian }] of sums.entries()) {
      const l2 = settings.l2 + (isCategorySide(model, number, leaf) ? settings.categoryL2 : 0)
      const shrunk = Math.sign(gradient) * Math.max(0, Math.abs(gradient) - settings.l1)
      const expected = settings.learningRate * (-shrunk / (hessian + l2))
      assert.equal(leafRowCounts[leaf], rowCount)
      assert.ok(Math.abs(leafValues[leaf] - expected) <= tolerance, `tree ${number}, leaf ${leaf}: ${leafValues[leaf]}, not ${expected}`)
    }
  }
}

describe('growTree', () => {
  const wide = { numberCount: 9, categoryCounts: [3, 40, 300] }
  const label = makeSet(6_000, wide)
  const weighted = { ...label, weights: Float32Array.from(label.targets, (_, row) => 0.5 + (row % 4)) }
  const halfCell = 1 / 256 // the table takes a score for the middle of its cell: a gradient is off by at most this times the hessian
  const tolerance = 1.02 * settings.learningRate * halfCell
  const cases: readonly [what: string, set: TrainingSet, options: GbdtOptions, tolerance: number][] = [
    ['squared error', makeSet(6_000, { ...wide, target: 'number' }), { objective: 'squared-error' }, 1e-5],
    ['log loss in compact records', label, {}, tolerance],
    ['log loss in wide records', weighted, {}, tolerance],
    ['three threads', weighted, { settings: { threadCount: 3, minThreadRows: 100 } }, tolerance],
  ]
  for (const [what, set, options, tolerance] of cases) {
    it(`gives leaves the value of the rows that reach them, with ${what}`, async () => {
      const model = await trainGbdt(set, { ...options, settings: { ...settings, ...options.settings } })
      const rules = model.data.trees.flatMap(({ nodes }) => nodes)
      for (const kind of ['number', 'category']) {
        for (const isMissingLeft of [false, true]) {
          assert.ok(
            rules.some(node => node.rule.kind === kind && node.isMissingLeft === isMissingLeft),
            `${kind}, missing left: ${isMissingLeft}`,
          )
        }
      }
      compareLeaves(model, set, tolerance)
    })
  }
  it('splits the leaf that gains most first', async () => {
    const { data } = await trainGbdt(makeSet(6_000), { settings: { roundCount: 1, leafCount: 31 } })
    const [{ nodes }] = data.trees
    for (const [child, { gain }] of nodes.entries()) {
      const parent = nodes.findIndex(({ left, right }) => left === child || right === child)
      const open = nodes.slice(parent + 1, child) // these were split first though this leaf was there
      for (const earlier of open) assert.ok(earlier.gain >= gain)
    }
  })
  it('keeps minLeafRows where the hessian is the same for all rows', async () => {
    const set = makeSet(3_000, { target: 'number' })
    const { data } = await trainGbdt(set, { objective: 'squared-error', settings: { roundCount: 5, leafCount: 255, minLeafRows: 40 } })
    const rowCounts = data.trees.flatMap(tree => tree.leafRowCounts)
    assert.ok(Math.min(...rowCounts) >= 40 && Math.min(...rowCounts) < 60)
  })
  it('keeps minLeafHessian', async () => {
    const { data } = await trainGbdt(makeSet(3_000), { settings: { roundCount: 1, leafCount: 255, minLeafRows: 1, minLeafHessian: 15 } })
    // at the base rate of about a half a row has a hessian of 1/4 at most
    assert.ok(Math.min(...data.trees[0].leafRowCounts) >= 60)
  })
  it('makes no split that gains minGain or less', async () => {
    const train = (minGain: number) => trainGbdt(makeSet(3_000), { settings: { roundCount: 3, minGain } })
    const gains = (await train(5)).data.trees.flatMap(tree => tree.nodes.map(node => node.gain))
    assert.ok(gains.length > 0 && Math.min(...gains) > 5)
    assert.equal((await train(1e6)).data.trees.length, 0)
  })
  it('makes no leaf value of log loss larger than learningRate × maxLeafLogit', async () => {
    const { data } = await trainGbdt(makeSet(3_000), { settings: { roundCount: 3, learningRate: 0.5, maxLeafLogit: 0.25 } })
    const values = data.trees.flatMap(tree => tree.leafValues)
    assert.equal(Math.max(...values.map(Math.abs)), 0.125)
  })
  it('makes a tree of leafCount leaves at most', async () => {
    const { data } = await trainGbdt(makeSet(3_000), { settings: { roundCount: 2, leafCount: 2 } })
    for (const { nodes, leafValues } of data.trees) assert.deepEqual([nodes.length, leafValues.length], [1, 2])
  })
})
