import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { drawWithout } from '#models/gbdt/random.ts'

describe('drawWithout', () => {
  it('draws different numbers, ascending, the same for the same seed', () => {
    const drawn = drawWithout(20, 7, 3)
    assert.deepEqual(drawn, drawWithout(20, 7, 3))
    assert.equal(new Set(drawn).size, 7)
    assert.deepEqual(
      drawn,
      drawn.toSorted((a, b) => a - b),
    )
    assert.deepEqual(drawWithout(4, 4, 9), [0, 1, 2, 3])
  })
  it('draws every number about equally often', () => {
    const counts = new Int32Array(10)
    for (let seed = 0; seed < 5_000; seed++) for (const number of drawWithout(10, 3, seed)) counts[number]++
    assert.ok(
      counts.every(count => count > 1_350 && count < 1_650),
      counts.join(' '),
    ) // 1,500, standard deviation 32
  })
})
