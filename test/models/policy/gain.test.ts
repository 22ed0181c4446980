import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { measureGain } from '#models/policy/gain.ts'
import { makeRandom } from '#models/random.ts'

function makeRows(rowCount: number) {
  const random = makeRandom(3)
  const chances = Array.from({ length: rowCount }, () => 0.05 + 0.9 * random())
  const targets = chances.map(chance => Number(random() < chance))
  const rival = chances.map(chance => Math.min(0.98, Math.max(0.02, chance + 0.3 * (random() - 0.5))))
  return { candidate: chances, rival, targets }
}

for (const metric of ['logLoss', 'auc'] as const) {
  describe(`measureGain of ${metric}`, () => {
    const rows = makeRows(400)
    const boundAt = (confidence: number) => measureGain(metric, { ...rows, confidence, random: makeRandom(1) })!
    it('is bound by the gain itself at a confidence of one half', () => {
      const { gain, bound } = boundAt(0.5)
      assert.ok(gain > 0)
      assert.equal(bound, gain)
    })
    it('has a bound that falls as the confidence rises', () => {
      const bounds = [0.1, 0.3, 0.5, 0.7, 0.9, 0.99].map(confidence => boundAt(confidence).bound)
      assert.deepEqual(
        bounds,
        [...bounds].sort((a, b) => b - a),
      )
      assert.ok(bounds[0] > boundAt(0.5).gain && boundAt(0.5).gain > bounds[4])
    })
    it('is null where the rows do not tell', () => {
      assert.equal(measureGain(metric, { candidate: [0.5], rival: [0.5], targets: [1], confidence: 0.9, random: makeRandom(1) }), null)
    })
  })
}
