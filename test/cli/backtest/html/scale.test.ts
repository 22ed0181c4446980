import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { makeScale } from '../../../../cli/backtest/html/scale.ts'

const place = { from: 200, to: 0, tickCount: 4 }

describe('makeScale', () => {
  it('widens to whole ticks', () => {
    const scale = makeScale([0.61, 0.88, null], place)
    assert.deepEqual([scale.ticks, scale.digits, ...[0.6, 0.9].map(tick => Math.round(scale.at(tick)))], [[0.6, 0.7, 0.8, 0.9], 1, 200, 0])
  })
  it('keeps its ends where it is not to be widened', () => {
    const scale = makeScale([0, 45_312], { from: 0, to: 100, tickCount: 6, isWidened: false })
    assert.deepEqual([scale.ticks, scale.max], [[0, 10_000, 20_000, 30_000, 40_000], 45_312])
  })
  it('stands around one value', () => {
    const { min, max } = makeScale([0.5, 0.5], place)
    assert.ok(min < 0.5 && max > 0.5)
  })
  it('goes from 0 to 1 without a value', () => {
    const { min, max } = makeScale([null, Number.NaN], place)
    assert.deepEqual([min, max], [0, 1])
  })
  it('holds every value between its ends, with a few ticks in order', () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), values => {
        const scale = makeScale(values, place)
        for (const one of values) assert.ok(scale.at(one) >= -1e-6 && scale.at(one) <= 200 + 1e-6)
        assert.ok(scale.ticks.length >= 2 && scale.ticks.length <= 7, `${scale.ticks}`)
        assert.deepEqual(
          [...new Set(scale.ticks)].sort((a, b) => a - b),
          [...scale.ticks],
        )
      }),
    )
  })
})
