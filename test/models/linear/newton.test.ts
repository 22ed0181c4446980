import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeCholeskyStep } from '#models/linear/cholesky-step.ts'
import { makeDescentStep } from '#models/linear/descent-step.ts'
import { denseSlotsAtMost, fitWeights } from '#models/linear/newton.ts'
import { logitsOf, type OneHotRows } from '#models/linear/one-hot-rows.ts'
import { makeRandom } from '#models/random.ts'
import { sigmoid } from '#models/sigmoid.ts'

/** Features of `width` slots each that follow three wandering factors, so that they tell the same again and again; half of them say something of the target. */
function makeRows(rowCount: number, featureCount: number, width: number): OneHotRows {
  const random = makeRandom(7)
  const slots = new Int32Array(rowCount * featureCount)
  const factors = [0, 0, 0]
  const targets = Float32Array.from({ length: rowCount }, (_, row) => {
    for (let factor = 0; factor < 3; factor++) factors[factor] = 0.9 * factors[factor] + random() - 0.5
    for (let feature = 0; feature < featureCount; feature++) {
      const bin = Math.floor(width * sigmoid(2 * factors[feature % 3] + random() - 0.5))
      slots[row * featureCount + feature] = 1 + feature * width + Math.min(width - 1, bin)
    }
    return Number(random() < sigmoid(2 * factors[0] + Math.abs(factors[1]) - 0.5))
  })
  return { slots, perRow: featureCount, slotCount: 1 + featureCount * width, targets }
}

const weighted = (rows: OneHotRows): OneHotRows => {
  const random = makeRandom(11)
  return { ...rows, weights: Float32Array.from(rows.targets, () => Math.floor(4 * random())) }
}

const withMatrix = { iterationsAtMost: 25, makeStep: makeCholeskyStep }
const withoutMatrix = { iterationsAtMost: 25, makeStep: makeDescentStep }
const cpuMsOf = (run: () => unknown) => {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

describe('fitWeights', () => {
  const sets: readonly [what: string, rows: OneHotRows, l2: number][] = [
    ['many features', makeRows(3_000, 30, 8), 50],
    ['a weak penalty', makeRows(3_000, 30, 8), 0.1],
    ['weighted rows, some of them 0', weighted(makeRows(3_000, 30, 8)), 50],
    ['one feature of 600 categories', makeRows(3_000, 1, 600), 1],
    ['fewer rows than slots', makeRows(100, 30, 8), 5],
  ]
  for (const [what, rows, l2] of sets) {
    it(`finds the same minimum with and without a matrix, of ${what}`, () => {
      const exact = fitWeights(rows, { ...withMatrix, l2 })
      const descended = fitWeights(rows, { ...withoutMatrix, l2 })
      const worst = descended.reduce((most, weight, slot) => Math.max(most, Math.abs(weight - exact[slot])), 0)
      assert.ok(worst < 1e-3, `a weight differs by ${worst}`)
      const logits = [exact, descended].map(weights => logitsOf(rows, rows.targets.length, weights))
      logits[0].forEach((logit, row) => {
        assert.ok(Math.abs(logit - logits[1][row]) < 1e-3)
      })
    })
  }
  it('weighs a feature that stands there twice the same, twice', () => {
    const once = makeRows(2_000, 1, 8)
    const slots = Int32Array.from({ length: 4_000 }, (_, at) => once.slots[at >> 1] + 8 * (at & 1))
    const weights = fitWeights({ ...once, slots, perRow: 2, slotCount: 17 }, { ...withoutMatrix, l2: 1 })
    for (let slot = 1; slot <= 8; slot++) assert.ok(Math.abs(weights[slot] - weights[slot + 8]) < 1e-3)
  })
  it('gives the same weights for the same rows', () => {
    const fit = () => fitWeights(makeRows(2_000, 30, 8), { ...withoutMatrix, l2: 50 })
    assert.deepEqual(fit(), fit())
  })
  it('makes no matrix of more slots than that', t => {
    const lengths: number[] = []
    const plain = globalThis.Float64Array
    const counting = class extends plain {
      constructor(given: number) {
        super(given)
        lengths.push(this.length)
      }
    }
    const largestOf = (rows: OneHotRows) => {
      lengths.length = 0
      globalThis.Float64Array = counting as unknown as typeof plain
      fitWeights(rows, { l2: 50, iterationsAtMost: 3 })
      globalThis.Float64Array = plain
      return Math.max(...lengths)
    }
    t.after(() => {
      globalThis.Float64Array = plain
    })
    const few = makeRows(300, 15, 8)
    assert.ok(few.slotCount <= denseSlotsAtMost)
    assert.equal(largestOf(few), few.slotCount ** 2)
    const many = makeRows(300, 16, 8)
    assert.ok(many.slotCount > denseSlotsAtMost)
    assert.equal(largestOf(many), 300) // a number a row
  })
  it('costs little more with 1,000 slots than with 240, and a fraction of what a matrix costs', () => {
    const [narrow, wide] = [makeRows(1_000, 40, 6), makeRows(1_000, 40, 25)]
    fitWeights(narrow, { ...withoutMatrix, l2: 50 }) // compiles
    const [ofNarrow, ofWide, ofMatrix] = [
      cpuMsOf(() => fitWeights(narrow, { ...withoutMatrix, l2: 50 })),
      cpuMsOf(() => fitWeights(wide, { ...withoutMatrix, l2: 50 })),
      cpuMsOf(() => fitWeights(wide, { ...withMatrix, l2: 50 })),
    ]
    assert.ok(ofWide < ofMatrix / 8, `${ofWide} ms without a matrix, ${ofMatrix} with it`)
    assert.ok(ofWide < 8 * ofNarrow, `${ofWide} ms for 1,001 slots, ${ofNarrow} for 241`)
  })
})
