import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sliceSpans, toPreparedParts, toSliceKey } from '#functions/retrain/slices.ts'

const prefix = 'training/flights/d1/date=2026-11-23/hour=05/0123456789abcdef'
const keyOf = (at: number, count: number) => toSliceKey(prefix, { at, count, rowCount: 10 + at, newestMs: -5 })

describe('sliceSpans', () => {
  it('halves the hashes until a slice is small, the lowest last', () => {
    assert.deepEqual(sliceSpans(4_096), [{ from: 0, below: 2 ** 32 }])
    assert.deepEqual(sliceSpans(16_000), [
      { from: 2 ** 31, below: 2 ** 32 },
      { from: 0, below: 2 ** 31 },
    ])
  })
  it('covers every hash once, whatever the number of rows', () => {
    for (const rowCount of [0, 1, 1e4, 1e6, 1e12]) {
      const spans = sliceSpans(rowCount)
      assert.deepEqual([spans[0].below, spans[spans.length - 1].from], [2 ** 32, 0])
      for (const [at, { from }] of spans.slice(0, -1).entries()) assert.equal(from, spans[at + 1].below)
    }
  })
})

describe('toPreparedParts', () => {
  it('knows a part by its keys: spans, rows, newest event', () => {
    assert.deepEqual(toPreparedParts([keyOf(1, 2), keyOf(0, 2)]).get('0123456789abcdef'), [
      { key: keyOf(1, 2), rowCount: 11, newestMs: -5, from: 0, below: 2 ** 31 },
      { key: keyOf(0, 2), rowCount: 10, newestMs: -5, from: 2 ** 31, below: 2 ** 32 },
    ])
  })
  it('leaves out a part of which a slice is missing, and keys of another shape', () => {
    assert.equal(toPreparedParts([keyOf(0, 2), keyOf(1, 3), `${prefix}_refused.json`, 'training/flights/d1/readme.txt']).size, 0)
  })
  it('takes a part without rows for prepared', () => {
    const key = toSliceKey(prefix, { at: 0, count: 1, rowCount: 0, newestMs: Number.NEGATIVE_INFINITY })
    assert.deepEqual(toPreparedParts([key]).get('0123456789abcdef')?.[0].newestMs, Number.NEGATIVE_INFINITY)
  })
})
