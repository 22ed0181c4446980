import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { FeatureBins } from '#models/gbdt/bins.ts'
import { findCategorySplit } from '#models/gbdt/category-split.ts'
import { type LeafSums, leafGain, leafValue, shrink } from '#models/gbdt/leaf-sums.ts'
import { findNumberSplit } from '#models/gbdt/number-split.ts'
import { type GbdtSettings, parseGbdtSettings } from '#models/gbdt/settings.ts'
import { type Split, toSearchLeaf } from '#models/gbdt/split.ts'

const units = { gradient: 1, hessian: 1 }
const free = { minLeafRows: 1, minLeafHessian: 0, minCategoryRows: 1, categorySmoothing: 0, categoryL2: 0, maxCategoriesPerSplit: 127 }

/** A histogram as the kernels write it, with the sums over its bins. */
function toHistogram(bins: readonly LeafSums[]) {
  const signed = new Int32Array(512)
  for (const [bin, { gradient, hessian }] of bins.entries()) signed.set([hessian, gradient], 2 * bin)
  return { histogram: { signed, unsigned: new Uint32Array(signed.buffer), at: 0 }, sums: sumOf(bins) }
}

function sumOf(bins: readonly LeafSums[]): LeafSums {
  return bins.reduce((sum, bin) => ({ gradient: sum.gradient + bin.gradient, hessian: sum.hessian + bin.hessian }), {
    gradient: 0,
    hessian: 0,
  })
}

/** The largest gain of all sets of bins that may go left. */
function bestGain(bins: readonly LeafSums[], lefts: readonly number[][], settings: GbdtSettings, l2: number): number {
  const all = sumOf(bins)
  let best = 0
  for (const left of lefts) {
    const { gradient, hessian } = sumOf(left.map(bin => bins[bin]))
    if (hessian < 1 || all.hessian - hessian < 1) continue
    const gain = leafGain(gradient, hessian, settings.l1, l2) + leafGain(all.gradient - gradient, all.hessian - hessian, settings.l1, l2)
    best = Math.max(best, gain - leafGain(all.gradient, all.hessian, settings.l1, settings.l2))
  }
  return best
}

/** The sums of a split are those of its own bins, never of the complement. */
function checkSums(split: Split, bins: readonly LeafSums[], left: readonly number[]): void {
  assert.deepEqual(split.left, sumOf(left.map(bin => bins[bin])))
  assert.deepEqual(split.right, sumOf(bins.filter((_, bin) => !left.includes(bin))))
}

const binSums = fc.record({ gradient: fc.integer({ min: -100, max: 100 }), hessian: fc.integer({ min: 1, max: 50 }) })
/** The search asks 2^-40 of the parent's gain (at most 80,000 here) as slack against rounding. */
const isClose = (a: number, b: number) => Math.abs(a - b) <= 80_000 * 2 ** -40 + 1e-9 * Math.abs(b)
const upTo = (bin: number) => Array.from({ length: bin + 1 }, (_, i) => i)

describe('findNumberSplit', () => {
  it('finds the gain of the best edge with the missing on the better side, and the sums of its sides', () => {
    fc.assert(
      fc.property(fc.array(binSums, { minLength: 2, maxLength: 9 }), fc.constantFrom(0, 3), fc.constantFrom(0, 5), (bins, l1, l2) => {
        const settings = parseGbdtSettings({ ...free, l1, l2 })
        const missing = bins.length - 1
        const lefts = upTo(missing - 1).flatMap(bin => [upTo(bin), [...upTo(bin), missing]])
        const { histogram, sums } = toHistogram(bins)
        const featureBins: FeatureBins & { kind: 'number' } = { kind: 'number', edges: upTo(missing - 2) }
        const split = findNumberSplit(toSearchLeaf(sums, sums.hessian, units, settings), 0, featureBins, histogram, 0)
        const expected = bestGain(bins, lefts, settings, l2)
        if (!split) return assert.ok(isClose(expected, 0))
        assert.ok(isClose(split.gain, expected), `${split.gain}, not ${expected}`)
        assert.ok(split.rule.kind === 'number')
        checkSums(split, bins, [...upTo(split.rule.bin), ...(split.isMissingLeft ? [missing] : [])])
      }),
    )
  })
  it('sends missing values to the side with the larger hessian if the leaf has none', () => {
    for (const isLeftLarger of [true, false]) {
      const bins = [
        { gradient: 10, hessian: isLeftLarger ? 30 : 10 },
        { gradient: -10, hessian: 20 },
        { gradient: 0, hessian: 0 },
      ]
      const { histogram, sums } = toHistogram(bins)
      const leaf = toSearchLeaf(sums, 50, units, parseGbdtSettings(free))
      assert.equal(findNumberSplit(leaf, 0, { kind: 'number', edges: [1] }, histogram, 0)?.isMissingLeft, isLeftLarger)
    }
  })
})

describe('findCategorySplit', () => {
  it('finds the gain of the best of all sets, the others on the right, and the sums of the set itself', () => {
    fc.assert(
      fc.property(fc.array(binSums, { minLength: 3, maxLength: 8 }), bins => {
        const settings = parseGbdtSettings(free)
        const missing = bins.length - 1
        const other = bins.length - 2
        // "other" goes right, so the best prefix is optimal only where other has no rows: Fisher's theorem is about all groups
        const without = bins.with(other, { gradient: 0, hessian: 0 })
        const movable = upTo(missing).filter(bin => bin !== other)
        const lefts = Array.from({ length: 2 ** movable.length }, (_, set) => movable.filter((_, i) => (set >> i) & 1))
        const { histogram, sums } = toHistogram(without)
        const featureBins: FeatureBins & { kind: 'category' } = { kind: 'category', codes: upTo(other - 1) }
        const split = findCategorySplit(toSearchLeaf(sums, sums.hessian, units, settings), 0, featureBins, histogram, 0)
        const expected = bestGain(without, lefts, settings, 0)
        if (!split) return assert.ok(isClose(expected, 0))
        assert.ok(isClose(split.gain, expected), `${split.gain}, not ${expected}`)
        assert.ok(split.rule.kind === 'category')
        checkSums(split, without, [...split.rule.bins, ...(split.isMissingLeft ? [missing] : [])])
      }),
    )
  })
  it('leaves the rare and unseen categories on the right', () => {
    const bins = [
      { gradient: 1, hessian: 20 },
      { gradient: -60, hessian: 20 },
      { gradient: 70, hessian: 20 },
      { gradient: 0, hessian: 20 },
    ]
    const { histogram, sums } = toHistogram(bins) // two categories, other, missing
    const split = findCategorySplit(
      toSearchLeaf(sums, 80, units, parseGbdtSettings(free)),
      0,
      { kind: 'category', codes: [5, 9] },
      histogram,
      0,
    )
    assert.deepEqual(split?.rule, { kind: 'category', bins: [1] })
    checkSums(split!, bins, [1])
  })
  it('moves at most maxCategoriesPerSplit categories', () => {
    const bins = Array.from({ length: 20 }, (_, bin) => ({ gradient: bin - 10, hessian: 20 }))
    const { histogram, sums } = toHistogram(bins)
    const leaf = toSearchLeaf(sums, 400, units, parseGbdtSettings({ ...free, maxCategoriesPerSplit: 3 }))
    const split = findCategorySplit(leaf, 0, { kind: 'category', codes: upTo(17) }, histogram, 0)
    assert.ok(split?.rule.kind === 'category' && split.rule.bins.length + Number(split.isMissingLeft) === 3)
  })
})

describe('leafValue', () => {
  it('is minus the gradient sum, moved towards 0 by l1, over the curvature', () => {
    assert.equal(leafValue(-3, 2, 0, 1), 1)
    assert.equal(leafValue(-3, 2, 1, 0), 1)
    assert.equal(shrink(0.5, 1), 0)
  })
  it('is 0 for a leaf without curvature', () => {
    assert.equal(leafValue(5, 0, 0, 0), 0)
    assert.equal(leafGain(5, 0, 0, 0), 0)
  })
})
