import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { measureSpread } from '#models/policy/bet-length.ts'
import { makeRandom } from '#models/random.ts'

/** A first-order autoregression of deviation about 1. */
function makeSeries(correlation: number, count: number): number[] {
  const random = makeRandom(11)
  let state = 0
  return Array.from({ length: count }, () => {
    state = correlation * state + Math.sqrt(12 * (1 - correlation ** 2)) * (random() - 0.5)
    return state
  })
}

describe('measureSpread', () => {
  it('takes about three values for a bet where they do not hang together', () => {
    const { length, deviation } = measureSpread(makeSeries(0, 4_000), 24)
    assert.ok(length >= 3 && length <= 4, `length ${length}`)
    assert.ok(Math.abs(deviation * Math.sqrt(length) - 1) < 0.1, `deviation ${deviation}`)
  })
  it('takes three times the correlation time where they do', () => {
    const { length } = measureSpread(makeSeries(0.5, 4_000), 24) // 1 + 2 · 0.5 / (1 − 0.5) = 3
    assert.ok(length >= 8 && length <= 11, `length ${length}`)
  })
  it('takes no more than it may', () => {
    assert.equal(measureSpread(makeSeries(0.95, 4_000), 24).length, 24)
  })
  it('measures the deviation from 0, so that a steady gain counts as well', () => {
    assert.equal(measureSpread(Array(100).fill(0.5), 24).deviation >= 0.5, true)
  })
  it('is 0 for values that are all 0', () => {
    assert.equal(measureSpread(Array(10).fill(0), 5).deviation, 0)
  })
})
