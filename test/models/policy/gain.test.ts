import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { boundLossGain, boundNormalGain, type MeasuredGain } from '#models/policy/gain.ts'
import { makeRandom } from '#models/random.ts'

const rowCount = 400
const random = makeRandom(3)
const candidate = Float64Array.from({ length: rowCount }, () => random())
const rival = candidate.map(loss => loss + 0.3 * (random() - 0.4))

const bounds: Readonly<Record<string, (confidence: number) => MeasuredGain | null>> = {
  boundLossGain: confidence => boundLossGain(candidate, rival, { confidence, random: makeRandom(1) }),
  boundNormalGain: confidence => boundNormalGain({ gain: 0.03, deviation: 0.01 }, confidence),
}

for (const [name, boundAt] of Object.entries(bounds)) {
  describe(name, () => {
    it('is bound by the gain itself at a confidence of one half', () => {
      const { gain, bound } = boundAt(0.5)!
      assert.ok(gain > 0)
      assert.equal(bound, gain)
    })
    it('has a bound that falls as the confidence rises', () => {
      const falling = [0.1, 0.3, 0.5, 0.7, 0.9, 0.99].map(confidence => boundAt(confidence)!.bound)
      assert.deepEqual(
        falling,
        falling.toSorted((a, b) => b - a),
      )
      assert.ok(falling[0] > boundAt(0.5)!.gain && boundAt(0.5)!.gain > falling[4])
    })
  })
}

describe('boundLossGain', () => {
  it('is null where the rows do not tell', () => {
    assert.equal(boundLossGain(Float64Array.of(0.5), Float64Array.of(0.7), { confidence: 0.9, random }), null)
    assert.equal(boundLossGain(new Float64Array(0), new Float64Array(0), { confidence: 0.5, random }), null)
  })
})

describe('boundNormalGain', () => {
  it('is the normal quantile of the confidence below the gain', () => {
    const { bound } = boundNormalGain({ gain: 0.03, deviation: 0.01 }, 0.975)
    assert.ok(Math.abs(bound - (0.03 - 0.01 * 1.959963984540054)) < 1e-12) // a table's 97.5 % quantile
  })
})
