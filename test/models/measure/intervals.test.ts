import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { lossInterval, pairedLossGain } from '#models/measure/intervals.ts'
import { makeRandom } from '#models/random.ts'

const loss = fc.double({ min: 0, max: 14, noNaN: true })
const rows = fc.array(fc.record({ a: loss, b: loss }), { minLength: 2, maxLength: 60 })
const lossesOf = (given: readonly { readonly a: number; readonly b: number }[]) =>
  [Float64Array.from(given, ({ a }) => a), Float64Array.from(given, ({ b }) => b)] as const
const settings = (seed = 1) => ({ draws: 200, confidence: 0.95, random: makeRandom(seed) })
/** The bootstrap of a model that gains so much on each row over one that loses nothing. */
const gainOf = (gains: ArrayLike<number>, given = settings()) =>
  pairedLossGain(
    Float64Array.from(gains, gain => -gain),
    new Float64Array(gains.length),
    given,
  )

describe('pairedLossGain', () => {
  it('is the mean loss of b minus that of a', () => {
    assert.equal(pairedLossGain(Float64Array.of(0.25, 1), Float64Array.of(1, 0.75), settings())!.gain, 0.25)
  })
  it('lies in its interval', () => {
    fc.assert(
      fc.property(rows, fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.integer({ min: 1, max: 20 }), (given, confidence, draws) => {
        const { gain, low, high } = pairedLossGain(...lossesOf(given), { draws, confidence, random: makeRandom(1) })!
        assert.ok(low <= gain && gain <= high)
      }),
    )
  })
  it('is 0 from 0 to 0 for identical models', () => {
    fc.assert(
      fc.property(rows, given => {
        const [a] = lossesOf(given)
        assert.deepEqual(pairedLossGain(a, a, settings()), { gain: 0, low: 0, high: 0 })
      }),
    )
  })
  it('repeats with the seed', () => {
    const [a, b] = [0, 0].map(() => Float64Array.from({ length: 100 }, makeRandom(3)))
    b.reverse()
    assert.deepEqual(pairedLossGain(a, b, settings(5)), pairedLossGain(a, b, settings(5)))
    assert.notDeepEqual(pairedLossGain(a, b, settings(5)), pairedLossGain(a, b, settings(6)))
  })
  it('draws blocks of a twentieth of the rows: by hand, a draw that takes the only rows with a gain twice', () => {
    const gains = Array.from({ length: 40 }, (_, row) => (row < 2 ? 1 : 0))
    const starts = [0, 0, ...Array<number>(18).fill(0.5)] // two blocks of rows 0 and 1, 18 of rows 20 and 21
    const { gain, low, high } = gainOf(gains, { draws: 1, confidence: 0.5, random: () => starts.shift()! })!
    assert.deepEqual([gain, low, high], [2 / 40, 2 / 40, 4 / 40])
    assert.deepEqual(starts, [])
  })
  it('is wider where neighbours are alike than where the same rows are in random order', () => {
    const random = makeRandom(7)
    const spells = Array.from({ length: 40 }, random).flatMap(level => Array<number>(100).fill(level)) // 40 spells of weather
    const widthOf = (gains: readonly number[]) => {
      const { low, high } = gainOf(gains)!
      return high - low
    }
    const shuffled = spells.map(value => ({ value, key: random() })).sort((x, y) => x.key - y.key)
    assert.ok(widthOf(spells) > 4 * widthOf(shuffled.map(({ value }) => value)))
  })
  it('has the true gain in nine of ten 95 % intervals or more when rows come in spells', () => {
    let held = 0
    for (let trial = 0; trial < 200; trial++) {
      const random = makeRandom(1000 + trial)
      const gains = Array.from({ length: 200 }, () => random() - 0.5).flatMap(level => Array<number>(10).fill(level)) // true mean 0
      const { low, high } = gainOf(gains, settings(trial))!
      if (low <= 0 && high >= 0) held++
    }
    assert.ok(held >= 180, `${held} of 200`)
  })
  it('is null below two rows', () => {
    assert.equal(gainOf([0.5]), null)
    assert.equal(gainOf([]), null)
  })
  it('rejects losses of other rows', () => {
    assert.throws(() => pairedLossGain(new Float64Array(1), new Float64Array(2), settings()), {
      code: 'ARGUMENT_INVALID',
      message: 'losses must be of the same rows, got 1 and 2',
    })
  })
  it('rejects draws and confidence out of range', () => {
    assert.throws(() => gainOf([1], { ...settings(), draws: 0 }), { message: 'draws must be a whole number of at least 1, got 0' })
    assert.throws(() => gainOf([1], { ...settings(), confidence: 95 }), {
      message: 'confidence must be above 0 and below 1, got 95',
    })
  })
})

describe('lossInterval', () => {
  it('holds the mean loss', () => {
    fc.assert(
      fc.property(rows, given => {
        const [a] = lossesOf(given)
        const { loss: mean, low, high } = lossInterval(a, settings())!
        assert.ok(Math.abs(mean - a.reduce((sum, own) => sum + own, 0) / a.length) < 1e-9)
        assert.ok(low <= mean && mean <= high)
      }),
    )
  })
  it('is null below two rows', () => {
    assert.equal(lossInterval(Float64Array.of(0.5), settings()), null)
    assert.equal(lossInterval(new Float64Array(0), settings()), null)
  })
})
