import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { sortFloats } from '#models/sort-floats.ts'

describe('sortFloats', () => {
  it('sorts as the built-in sort does, infinities and both zeros included', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true })), numbers => {
        const values = Float32Array.from([...numbers, 0, -0, Infinity, -Infinity])
        const expected = values.toSorted()
        sortFloats(values)
        assert.deepEqual(values, expected)
      }),
    )
  })
  it('sorts part of an array and leaves the rest', () => {
    const values = Float32Array.of(9, 3, 2, 1, 0)
    sortFloats(values.subarray(1, 4))
    assert.deepEqual([...values], [9, 1, 2, 3, 0])
  })
})
