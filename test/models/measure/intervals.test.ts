import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { auc, measureBinary } from '#models/measure/binary.ts'
import { aucInterval, logLossInterval, pairedLossGain } from '#models/measure/intervals.ts'
import { makeRandom } from '#models/random.ts'

const score = fc.double({ min: 0, max: 1, noNaN: true })
const rows = fc.array(fc.record({ a: score, b: score, target: fc.constantFrom(0, 1) }), { minLength: 2, maxLength: 60 })
const settings = (seed = 1) => ({ draws: 200, confidence: 0.95, random: makeRandom(seed) })

describe('pairedLossGain', () => {
  it('is the mean loss of b minus that of a', () => {
    const { gain } = pairedLossGain([0.8, 0.5], [0.5, 0.5], [1, 0], settings())!
    assert.ok(Math.abs(gain - Math.log(0.8 / 0.5) / 2) < 1e-12)
  })
  it('lies in its interval', () => {
    fc.assert(
      fc.property(rows, fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.integer({ min: 1, max: 20 }), (given, confidence, draws) => {
        const [a, b, targets] = [given.map(row => row.a), given.map(row => row.b), given.map(row => row.target)]
        const { gain, low, high } = pairedLossGain(a, b, targets, { draws, confidence, random: makeRandom(1) })!
        assert.ok(low <= gain && gain <= high)
      }),
    )
  })
  it('is 0 from 0 to 0 for identical models', () => {
    fc.assert(
      fc.property(rows, given => {
        const [a, targets] = [given.map(row => row.a), given.map(row => row.target)]
        assert.deepEqual(pairedLossGain(a, a, targets, settings()), { gain: 0, low: 0, high: 0 })
      }),
    )
  })
  it('repeats with the seed', () => {
    const random = makeRandom(3)
    const [a, b, targets] = [0, 0, 0].map(() => Float64Array.from({ length: 100 }, random))
    const rounded = targets.map(Math.round)
    assert.deepEqual(pairedLossGain(a, b, rounded, settings(5)), pairedLossGain(a, b, rounded, settings(5)))
    assert.notDeepEqual(pairedLossGain(a, b, rounded, settings(5)), pairedLossGain(a, b, rounded, settings(6)))
  })
  it('draws blocks of a twentieth of the rows: by hand, a draw that takes the only rows with a gain twice', () => {
    const a = Array.from({ length: 40 }, (_, row) => (row < 2 ? 0.8 : 0.5))
    const b = a.map(() => 0.5)
    const targets = a.map(() => 1)
    const starts = [0, 0, ...Array<number>(18).fill(0.5)] // two blocks of rows 0 and 1, 18 of rows 20 and 21
    const { gain, low, high } = pairedLossGain(a, b, targets, { draws: 1, confidence: 0.5, random: () => starts.shift()! })!
    const expected = (2 * Math.log(0.8 / 0.5)) / 40
    assert.ok(Math.abs(gain - expected) < 1e-12)
    assert.equal(low, gain)
    assert.ok(Math.abs(high - 2 * expected) < 1e-12)
    assert.deepEqual(starts, [])
  })
  it('is wider where neighbours are alike than where the same rows are in random order', () => {
    const random = makeRandom(7)
    const hardness = Array.from({ length: 40 }, random).flatMap(level => Array<number>(100).fill(level)) // 40 spells of weather
    const widthOf = (a: number[]) => {
      const targets = a.map(() => 1)
      const { low, high } = pairedLossGain(a, new Float64Array(a.length).fill(0.5), targets, settings())!
      return high - low
    }
    const shuffled = hardness.map(value => ({ value, key: random() })).sort((x, y) => x.key - y.key)
    assert.ok(widthOf(hardness) > 4 * widthOf(shuffled.map(({ value }) => value)))
  })
  it('has the true gain in nine of ten 95 % intervals or more when rows come in spells', () => {
    let held = 0
    for (let trial = 0; trial < 200; trial++) {
      const random = makeRandom(1000 + trial)
      const gains = Array.from({ length: 200 }, () => random() - 0.5).flatMap(level => Array<number>(10).fill(level)) // true mean 0
      const a = gains.map(gain => 0.5 * Math.exp(gain)) // the loss of 0.5 minus the loss of a is the gain
      const { low, high } = pairedLossGain(a, new Float64Array(a.length).fill(0.5), new Uint8Array(a.length).fill(1), settings(trial))!
      if (low <= 0 && high >= 0) held++
    }
    assert.ok(held >= 180, `${held} of 200`)
  })
  it('is null below two rows', () => {
    assert.equal(pairedLossGain([0.5], [0.4], [1], settings()), null)
    assert.equal(pairedLossGain([], [], [], settings()), null)
  })
  it('rejects scores of other rows', () => {
    assert.throws(() => pairedLossGain([0.5, 0.5], [0.5], [1, 0], settings()), {
      code: 'ARGUMENT_INVALID',
      message: 'scores and targets must be of the same rows, got 1 scores and 2 targets',
    })
  })
  it('rejects draws and confidence out of range', () => {
    assert.throws(() => pairedLossGain([1], [1], [1], { ...settings(), draws: 0 }), {
      message: 'draws must be a whole number of at least 1, got 0',
    })
    assert.throws(() => pairedLossGain([1], [1], [1], { ...settings(), confidence: 95 }), {
      message: 'confidence must be above 0 and below 1, got 95',
    })
  })
})

describe('logLossInterval', () => {
  it('holds the log loss of measureBinary', () => {
    fc.assert(
      fc.property(rows, given => {
        const [a, targets] = [given.map(row => row.a), given.map(row => row.target)]
        const { logLoss, low, high } = logLossInterval(a, targets, settings())!
        assert.ok(Math.abs(logLoss - measureBinary(a, targets, 0.5).logLoss) < 1e-12)
        assert.ok(low <= logLoss && logLoss <= high)
      }),
    )
  })
  it('is null below two rows', () => {
    assert.equal(logLossInterval([0.5], [1], settings()), null)
  })
})

describe('aucInterval', () => {
  it('is DeLong’s of four rows by hand', () => {
    // placements 1 and 0.5 in both classes: variance 0.125 / 2 + 0.125 / 2, and 1.959964 is the normal's 97.5 % quantile
    const { auc: area, low, high } = aucInterval([0.9, 0.6, 0.7, 0.1], [1, 1, 0, 0], 0.95)!
    assert.equal(area, 0.75)
    assert.ok(Math.abs(low - (0.75 - 1.959963984540054 * Math.sqrt(0.125))) < 1e-12)
    assert.equal(high, 1)
  })
  it('takes the normal quantile of the confidence, as tables give it', () => {
    const random = makeRandom(2)
    const targets = Array.from({ length: 400 }, (_, row) => row % 2)
    const scores = targets.map(target => random() + 0.2 * target)
    const marginOf = (confidence: number) => {
      const interval = aucInterval(scores, targets, confidence)!
      return interval.auc - interval.low
    }
    const deviation = marginOf(0.6826894921370859) // one standard deviation
    for (const [confidence, quantile] of [
      [0.5, 0.6744897501960817],
      [0.95, 1.959963984540054],
      [0.99, 2.5758293035489004],
      [0.999, 3.2905267314919255],
    ]) {
      assert.ok(Math.abs(marginOf(confidence) / deviation - quantile) < 1e-9)
    }
  })
  it('has the AUC of measureBinary, ties included, between its ends', () => {
    const tied = fc.array(fc.record({ score: fc.integer({ min: 0, max: 6 }), target: fc.constantFrom(0, 1) }), { maxLength: 40 })
    fc.assert(
      fc.property(tied, given => {
        const [scores, targets] = [given.map(row => row.score), given.map(row => row.target)]
        const interval = aucInterval(scores, targets, 0.9)
        if (!interval) return
        assert.ok(Math.abs(interval.auc - auc(scores, targets)!) < 1e-12)
        assert.ok(0 <= interval.low && interval.low <= interval.auc && interval.auc <= interval.high && interval.high <= 1)
      }),
    )
  })
  it('agrees with the variance written out over all pairs', () => {
    const scored = fc.record({ score: fc.integer({ min: 0, max: 6 }), target: fc.constantFrom(0, 1) })
    fc.assert(
      fc.property(fc.array(scored, { minLength: 12, maxLength: 40 }), given => {
        const ofClass = (target: number) => given.filter(row => row.target === target).map(row => row.score)
        const [no, yes] = [ofClass(0), ofClass(1)]
        fc.pre(yes.length >= 2 && no.length >= 2)
        const order = (above: number, below: number) => (above > below ? 1 : above === below ? 0.5 : 0)
        const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
        const varianceOfMean = (values: number[]) => mean(values.map(value => (value - mean(values)) ** 2)) / (values.length - 1)
        const ofYes = yes.map(above => mean(no.map(below => order(above, below))))
        const ofNo = no.map(below => mean(yes.map(above => order(above, below))))
        const margin = 0.6744897501960817 * Math.sqrt(varianceOfMean(ofYes) + varianceOfMean(ofNo))
        const scores = given.map(row => row.score)
        const targets = given.map(row => row.target)
        const { low, high } = aucInterval(scores, targets, 0.5)!
        assert.ok(Math.abs(low - Math.max(0, mean(ofYes) - margin)) < 1e-9)
        assert.ok(Math.abs(high - Math.min(1, mean(ofYes) + margin)) < 1e-9)
      }),
    )
  })
  it('is null with fewer than two rows of a class', () => {
    assert.equal(aucInterval([0.1, 0.2, 0.3], [0, 0, 0], 0.95), null)
    assert.equal(aucInterval([0.1, 0.2, 0.3], [0, 0, 1], 0.95), null)
  })
})
