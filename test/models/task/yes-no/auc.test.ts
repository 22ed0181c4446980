import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { makeRandom } from '#models/random.ts'
import { auc, aucInterval, pairedAucGain } from '#models/task/yes-no/auc.ts'

/** Rows of two models whose scores see the same truth with noise of their own; some scores are tied. */
function makeRows(rowCount: number, seed: number) {
  const random = makeRandom(seed)
  const targets = Array.from({ length: rowCount }, () => Number(random() < 0.4))
  const scoresOf = (noise: number) => targets.map(target => Math.round(10 * (target + noise * random())) / 10)
  return { targets, a: scoresOf(1.5), b: scoresOf(2.5) }
}

/** DeLong's variance as the paper writes it: every pair of a yes and a no is looked at. */
function byPairs(a: readonly number[], b: readonly number[], targets: readonly number[]) {
  const kernel = (yes: number, no: number) => (yes > no ? 1 : yes === no ? 0.5 : 0)
  const rowsOf = (wanted: number) => targets.flatMap((target, row) => (target === wanted ? [row] : []))
  const [yes, no] = [rowsOf(1), rowsOf(0)]
  const difference = (y: number, n: number) => kernel(a[y], a[n]) - kernel(b[y], b[n])
  const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const varianceOf = (values: readonly number[]) => {
    const mean = meanOf(values)
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  }
  const ofYes = yes.map(y => meanOf(no.map(n => difference(y, n))))
  const ofNo = no.map(n => meanOf(yes.map(y => difference(y, n))))
  return { gain: meanOf(ofYes), deviation: Math.sqrt(varianceOf(ofYes) / yes.length + varianceOf(ofNo) / no.length) }
}

describe('auc', () => {
  it('is the share of rightly ordered pairs, ties counting half', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ score: fc.integer({ min: 0, max: 5 }), target: fc.constantFrom(0, 1) }), { maxLength: 30 }),
        rows => {
          let ordered = 0
          let pairs = 0
          for (const yes of rows.filter(row => row.target === 1)) {
            for (const no of rows.filter(row => row.target === 0)) {
              pairs++
              ordered += yes.score > no.score ? 1 : yes.score === no.score ? 0.5 : 0
            }
          }
          const measured = auc(
            rows.map(row => row.score),
            rows.map(row => row.target),
          )
          if (pairs === 0) assert.equal(measured, null)
          else assert.ok(Math.abs(measured! - ordered / pairs) < 1e-12)
        },
      ),
    )
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
  it('rejects a confidence out of range', () => {
    assert.throws(() => aucInterval([0.5], [1], 1), { message: 'confidence must be above 0 and below 1, got 1' })
  })
})

describe('pairedAucGain', () => {
  it('is the difference of the two areas', () => {
    const { a, b, targets } = makeRows(300, 1)
    assert.ok(Math.abs(pairedAucGain(a, b, targets)!.gain - (auc(a, targets)! - auc(b, targets)!)) < 1e-12)
  })
  it('gives the variance that the definition gives pair by pair', () => {
    for (const seed of [1, 2, 3]) {
      const { a, b, targets } = makeRows(60, seed)
      const [fast, slow] = [pairedAucGain(a, b, targets)!, byPairs(a, b, targets)]
      assert.ok(Math.abs(fast.gain - slow.gain) < 1e-12 && Math.abs(fast.deviation - slow.deviation) < 1e-12)
    }
  })
  it('changes its sign with the order of the models', () => {
    const { a, b, targets } = makeRows(200, 4)
    const [there, back] = [pairedAucGain(a, b, targets)!, pairedAucGain(b, a, targets)!]
    assert.deepEqual([back.gain, back.deviation], [-there.gain, there.deviation])
  })
  it('is 0 without doubt for models that order the rows alike', () => {
    const { a, targets } = makeRows(200, 5)
    assert.deepEqual(
      pairedAucGain(
        a.map(score => score ** 3),
        a,
        targets,
      ),
      { gain: 0, deviation: 0 },
    )
  })
  it('strays as its deviation says', () => {
    const gains = Array.from({ length: 300 }, (_, seed) => {
      const { a, b, targets } = makeRows(200, 100 + seed)
      return pairedAucGain(a, b, targets)!
    })
    const mean = gains.reduce((sum, { gain }) => sum + gain, 0) / gains.length
    const strayed = Math.sqrt(gains.reduce((sum, { gain }) => sum + (gain - mean) ** 2, 0) / (gains.length - 1))
    const told = gains.reduce((sum, { deviation }) => sum + deviation, 0) / gains.length
    assert.ok(Math.abs(strayed / told - 1) < 0.15, `strayed ${strayed}, told ${told}`)
  })
  it('is null with fewer than two rows of a class', () => {
    assert.equal(pairedAucGain([0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [1, 0, 0]), null)
    assert.equal(pairedAucGain([], [], []), null)
  })
})
