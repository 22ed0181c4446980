import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blockDeviation } from '#models/measure/block-deviation.ts'
import { pairedLossGain } from '#models/measure/intervals.ts'
import { makeRandom } from '#models/random.ts'

describe('blockDeviation', () => {
  it('is that of the blocks of the ring, by hand', () => {
    // block sums about the mean of 2: −2, 0, 2, 0; their mean square 2 over 2 values a block and 4 − 2 values
    assert.ok(Math.abs(blockDeviation(Float64Array.of(1, 1, 3, 3), 2) - Math.SQRT1_2) < 1e-12)
  })
  it('is the standard error of the mean for blocks of one value', () => {
    const values = Float64Array.of(3, 1, 4, 1, 5, 9, 2, 6)
    const squares = values.reduce((sum, value) => sum + (value - 31 / 8) ** 2, 0)
    assert.ok(Math.abs(blockDeviation(values, 8) - Math.sqrt(squares / 7 / 8)) < 1e-12)
  })
  it('is the spread of what drawn blocks give', () => {
    const random = makeRandom(5)
    const values = Float64Array.from({ length: 400 }, (_, row) => Math.sin(row / 15) + random())
    const oneDeviation = 0.6826894921370859
    const { low, high } = pairedLossGain(
      values.map(value => -value),
      new Float64Array(400),
      { draws: 20_000, confidence: oneDeviation, random },
    )!
    const drawn = (high - low) / 2 // without the correction by 20 / 19
    assert.ok(Math.abs(blockDeviation(values, 20) / drawn - Math.sqrt(20 / 19)) < 0.02)
  })
  it('is 0 for values that are all alike', () => {
    assert.equal(blockDeviation(new Float64Array(64).fill(0.25), 10), 0)
  })
})
