import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Applied, leaveOutCounted } from '#functions/evaluate/applied.ts'

const rowAt = (offset: number) => ({ source: { topic: 'l', partition: 0, offset }, target: 1 as const })
const offsetsOf = (rows: readonly { readonly source: { readonly offset: number } }[]) => rows.map(({ source }) => source.offset)

describe('leaveOutCounted', () => {
  it('keeps what has been counted as spans', () => {
    const { rows, applied } = leaveOutCounted([5, 6, 9, 7, 8, 2].map(rowAt), {})
    assert.deepEqual(offsetsOf(rows), [5, 6, 9, 7, 8, 2])
    assert.deepEqual(applied, { 'l-0': [2, 2, 5, 9] })
  })
  it('leaves the counts it was given as they are', () => {
    const counted = { 'l-0': [0, 3], 'l-1': [7, 7] }
    assert.deepEqual(leaveOutCounted([rowAt(4)], counted).applied, { 'l-0': [0, 4], 'l-1': [7, 7] })
    assert.deepEqual(counted, { 'l-0': [0, 3], 'l-1': [7, 7] })
  })
  it('counts each offset once, in whatever order and batches they come', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(60), { maxLength: 30 }), { maxLength: 8 }), batches => {
        let applied: Applied = {}
        const counted: number[] = []
        for (const batch of batches) {
          const fresh = leaveOutCounted(batch.map(rowAt), applied)
          applied = fresh.applied
          counted.push(...offsetsOf(fresh.rows))
        }
        assert.deepEqual(
          counted.toSorted((a, b) => a - b),
          [...new Set(batches.flat())].sort((a, b) => a - b),
        )
      }),
    )
  })
  it('closes the oldest gaps above 2,000', () => {
    const { applied } = leaveOutCounted(
      Array.from({ length: 2_100 }, (_, at) => rowAt(2 * at)),
      {},
    )
    assert.equal(applied['l-0'].length, 4_002)
    const { rows } = leaveOutCounted([1, 197, 199, 4_197].map(rowAt), applied)
    assert.deepEqual(offsetsOf(rows), [199, 4_197])
  })
  it('keeps no gap among events, which come in their order', () => {
    const events = [0, 1, 5].map(offset => ({ source: { topic: 'e', partition: 0, offset } }))
    assert.deepEqual(leaveOutCounted(events, {}).applied, { 'e-0': [0, 5] })
  })
})
