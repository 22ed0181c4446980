import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashCategory } from '#models/linear/ftrl/hash.ts'

describe('hashCategory', () => {
  it('never changes: saved learners depend on it', () => {
    // computed apart from this code, with Python's unbounded integers
    assert.deepEqual(
      [hashCategory('origin', 'JFK'), hashCategory('', ''), hashCategory('Stadt', 'Köln 東京')],
      [1_609_157_164, 91_794_203, 2_306_580_199],
    )
  })
  it('tells the same category of two features apart, and where a name ends', () => {
    assert.notEqual(hashCategory('origin', 'JFK'), hashCategory('destination', 'JFK'))
    assert.notEqual(hashCategory('a', 'bc'), hashCategory('ab', 'c'))
  })
  it('fills slots as evenly as chance does', () => {
    const slotCount = 1 << 12
    const counts = new Uint32Array(slotCount)
    for (let at = 0; at < 100_000; at++) counts[hashCategory('customer', `C${String(at).padStart(6, '0')}`) & (slotCount - 1)]++
    const expected = 100_000 / slotCount
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // mean slotCount - 1, standard deviation √(2 · slotCount)
    assert.ok(Math.abs(chiSquare - (slotCount - 1)) < 5 * Math.sqrt(2 * slotCount), `chi-square ${chiSquare}`)
  })
})
