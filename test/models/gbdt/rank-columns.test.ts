import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type FeatureBins, missingBinOf } from '#models/gbdt/bins.ts'
import { toRankColumns } from '#models/gbdt/rank-columns.ts'
import type { SplitNode, Tree } from '#models/gbdt/tree.ts'

const categoryBins = (codeCount: number): FeatureBins => ({ kind: 'category', codes: Array.from({ length: codeCount }, (_, code) => code) })
const node = (bins: readonly number[], isMissingLeft: boolean, left: number, right: number, feature = 0): SplitNode => {
  return { feature, rule: { kind: 'category', bins }, isMissingLeft, left, right, gain: 1 }
}
const toTree = (nodes: readonly SplitNode[]): Tree => ({ nodes, leafValues: [], leafRowCounts: [] })

/** Trees of up to 12 splits of two categories; each new node hangs on a free side of one before. */
const bins = [categoryBins(5), categoryBins(9)]
const drawnSplit = fc.record({
  feature: fc.integer({ min: 0, max: 1 }),
  lefts: fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 6 }),
  isMissingLeft: fc.boolean(),
  parent: fc.nat(),
})
const drawnTree = fc.array(drawnSplit, { minLength: 1, maxLength: 12 }).map(splits => {
  const nodes: { -readonly [Key in keyof SplitNode]: SplitNode[Key] }[] = []
  const free: [at: number, side: 'left' | 'right'][] = []
  splits.forEach(({ feature, lefts, isMissingLeft, parent }, at) => {
    if (at > 0) {
      const [[above, side]] = free.splice(parent % free.length, 1)
      nodes[above][side] = at
    }
    nodes.push(
      node(
        [...new Set(lefts)].filter(bin => bin < missingBinOf(bins[feature]) - 1),
        isMissingLeft,
        ~0,
        ~0,
        feature,
      ),
    )
    free.push([at, 'left'], [at, 'right'])
  })
  return toTree(nodes)
})

describe('toRankColumns', () => {
  it('sends every bin of every category the way that the split sends it', () => {
    fc.assert(
      fc.property(fc.array(drawnTree, { minLength: 1, maxLength: 30 }), trees => {
        const { columns, splits } = toRankColumns(trees, bins)
        for (const [tree, { nodes }] of trees.entries()) {
          for (let first = 0; first <= missingBinOf(bins[0]); first++) {
            for (let second = 0; second <= missingBinOf(bins[1]); second++) {
              for (let at = 0; at >= 0; ) {
                const { feature, rule, isMissingLeft, left, right } = nodes[at]
                const bin = [first, second][feature]
                const goesLeft =
                  bin === missingBinOf(bins[feature]) ? isMissingLeft : (rule as { bins: readonly number[] }).bins.includes(bin)
                const { column, highest, isMirrored } = splits[tree][at]!
                assert.equal(columns[column].feature, feature)
                assert.equal(columns[column].ranks[bin] <= highest !== isMirrored, goesLeft)
                at = goesLeft ? left : right
              }
            }
          }
        }
      }),
      { numRuns: 200 },
    )
  })
  it('puts a set, its parts and their complements into one column', () => {
    const parts = toTree([node([0, 1, 2, 3], false, 1, 2), node([0, 1], false, ~0, ~1), node([4], true, ~2, ~3)])
    const complement = toTree([node([0, 1, 2, 3], false, 1, ~0), node([2, 3], false, ~1, ~2)])
    const { columns, splits } = toRankColumns([parts, complement], [categoryBins(5)])
    assert.equal(columns.length, 1)
    assert.deepEqual(
      splits.map(nodes => nodes.map(split => split?.isMirrored)),
      [
        [false, false, false],
        [false, true],
      ],
    )
  })
  it('makes another column where two sets cross', () => {
    const crossing = [toTree([node([0, 1], false, ~0, ~1)]), toTree([node([1, 2], false, ~0, ~1)])]
    assert.equal(toRankColumns(crossing, [categoryBins(5)]).columns.length, 2)
  })
  it('makes none for splits of numbers', () => {
    const tree = toTree([{ feature: 0, rule: { kind: 'number', bin: 0 }, isMissingLeft: true, left: ~0, right: ~1, gain: 1 }])
    assert.deepEqual(toRankColumns([tree], [{ kind: 'number', edges: [1] }]), { columns: [], splits: [[undefined]] })
  })
})
