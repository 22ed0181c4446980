import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { auc } from '#models/measure/binary.ts'
import { pairedAucGain } from '#models/measure/paired-auc.ts'
import { makeRandom } from '#models/random.ts'

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
