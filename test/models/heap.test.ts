import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { makeHeap } from '#models/heap.ts'

describe('makeHeap', () => {
  it('gives back what was put in, the smallest first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), numbers => {
        const heap = makeHeap<number>((a, b) => a < b)
        for (const number of numbers) heap.push(number)
        assert.deepEqual(
          numbers.map(() => heap.pop()),
          numbers.toSorted((a, b) => a - b),
        )
      }),
    )
  })
  it('leaves the first in order where it is when asked to peek', () => {
    const heap = makeHeap<string>((a, b) => a < b)
    heap.push('b')
    heap.push('a')
    assert.deepEqual([heap.peek(), heap.peek(), heap.pop(), heap.pop()], ['a', 'a', 'a', 'b'])
  })
  it('is empty in the end', () => {
    const heap = makeHeap<number>((a, b) => a < b)
    assert.deepEqual([heap.peek(), heap.pop()], [undefined, undefined])
  })
})
