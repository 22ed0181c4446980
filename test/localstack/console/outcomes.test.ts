import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Feedback } from '#functions/records.ts'
import { addOutcome, isScoredByBoth, noOutcomes, toEventOrder } from '../../../localstack/console/outcomes.ts'

const feedback: Feedback = {
  id: 'F1',
  atMs: 10,
  features: [1],
  definition: 'd',
  source: { topic: 't', partition: 0, offset: 0 },
  score: 0.3,
  decision: 'none',
  model: 'm1',
  arm: 'champion',
  shadows: [],
  scoredAtMs: 20,
  layer: { version: 4, score: 0.4, trace: '' },
  target: 1,
  labelAtMs: 15,
  labelSource: { topic: 'l', partition: 0, offset: 0 },
}

describe('addOutcome', () => {
  it('keeps both scores, the times and the model', () => {
    const outcomes = noOutcomes()
    addOutcome(outcomes, feedback, 25)
    const expected = { atMs: [10], scoredAtMs: [20], joinedAtMs: [25], targets: [1], scores: [0.3], layerScores: [0.4], models: ['m1'] }
    assert.deepEqual(outcomes, expected)
    assert.equal(isScoredByBoth(outcomes, 0), true)
  })
  it('keeps an event that champion or layer did not score as one without that score', () => {
    const outcomes = noOutcomes()
    addOutcome(outcomes, { ...feedback, score: null, model: null }, 25)
    addOutcome(outcomes, { ...feedback, layer: undefined }, 26)
    assert.deepEqual(
      [outcomes.scores, outcomes.layerScores],
      [
        [Number.NaN, 0.3],
        [0.4, Number.NaN],
      ],
    )
    assert.deepEqual([isScoredByBoth(outcomes, 0), isScoredByBoth(outcomes, 1)], [false, false])
  })
})

describe('toEventOrder', () => {
  it('goes by the events, and by the labels where their times are the same', () => {
    assert.deepEqual([...toEventOrder({ atMs: [30, 10, 20, 10] })], [1, 3, 2, 0])
  })
})
