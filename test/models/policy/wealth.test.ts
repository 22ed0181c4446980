import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeWealth } from '#models/policy/wealth.ts'

/** Mean wealth over the four shares 0.8, 0.4, 0.2 and 0.1. */
const meanOf = (wealthOf: (share: number) => number) => [0.8, 0.4, 0.2, 0.1].reduce((sum, share) => sum + wealthOf(share) / 4, 0)

describe('makeWealth', () => {
  it('multiplies each stake by 1 + its share of the value', () => {
    const wealth = makeWealth()
    wealth.bet(0.5, 1)
    wealth.bet(-0.5, 1)
    assert.ok(Math.abs(wealth.read() - meanOf(share => (1 + share / 2) * (1 - share / 2))) < 1e-12)
  })
  it('counts gains no further than the ruin, and losses whole', () => {
    const [won, lost] = [makeWealth(), makeWealth()]
    won.bet(9, 1)
    lost.bet(-2, 1)
    assert.ok(Math.abs(won.read() - meanOf(share => 1 + share)) < 1e-12)
    assert.ok(Math.abs(lost.read() - meanOf(share => Math.max(0, 1 - 2 * share))) < 1e-12)
  })
  it('does not come back from bankruptcy', () => {
    const wealth = makeWealth()
    wealth.bet(-20, 1)
    for (let bet = 0; bet < 100; bet++) wealth.bet(1, 1)
    assert.equal(wealth.read(), 0)
  })
})
