import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { faultKinds, planFaultRounds } from './plan.ts'

describe('planFaultRounds', () => {
  it('has every kind once in each round', () => {
    const kinds = planFaultRounds({ roundCount: 2, seed: 3 })
    const all = Object.keys(faultKinds).sort()
    assert.deepEqual(kinds.slice(0, all.length).sort(), all)
    assert.deepEqual(kinds.slice(all.length).sort(), all)
  })
  it('is the same for the same seed and another for another', () => {
    const [one, again, other] = [5, 5, 6].map(seed => planFaultRounds({ roundCount: 1, seed }))
    assert.deepEqual(one, again)
    assert.notDeepEqual(one, other)
  })
})
