import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeRandom } from '#models/random.ts'
import { scoreShift } from '#models/task/yes-no/score-shift.ts'

const random = makeRandom(1)
const uniform = (count: number) => Array.from({ length: count }, random)

describe('scoreShift', () => {
  it('is 0 for the same scores', () => {
    const scores = uniform(500)
    assert.equal(scoreShift(scores, scores), 0)
  })
  it('is about what chance gives for two samples of one distribution', () => {
    const shift = scoreShift(uniform(2_000), uniform(2_000))!
    assert.ok(shift > 0 && shift < 0.03, `shift ${shift}`) // 9 · (1 / 2000 + 1 / 2000) = 0.009
  })
  it('is large for scores that moved: by hand, two bins with 3 and 1 of 4 rows against 1 and 3', () => {
    const shift = scoreShift([0.1, 0.1, 0.1, 0.9], [0.1, 0.9, 0.9, 0.9])!
    // edges 0.1 and 0.9: bins below 0.1, from 0.1, from 0.9, each with half a row added
    const [before, after] = [[0.5, 3.5, 1.5].map(count => count / 5.5), [0.5, 1.5, 3.5].map(count => count / 5.5)]
    const expected = before.reduce((sum, share, bin) => sum + (after[bin] - share) * Math.log(after[bin] / share), 0)
    assert.ok(Math.abs(shift - expected) < 1e-12)
  })
  it('stays finite where a bin is empty', () => {
    assert.ok(Number.isFinite(scoreShift(uniform(100), Array(100).fill(0.5))))
  })
  it('is null without rows', () => {
    assert.equal(scoreShift([], [0.5]), null)
  })
})
