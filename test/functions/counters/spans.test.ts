import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addOffset, cutSpans, fromDeltas, hasOffset, toDeltas, uniteSpans } from '#functions/counters/spans.ts'

const toSpans = (offsets: readonly number[]) => {
  const spans: number[] = []
  for (const offset of offsets) addOffset(spans, offset)
  return spans
}
const offsets = fc.array(fc.nat(60), { maxLength: 40 })
const all = Array.from({ length: 61 }, (_, offset) => offset)
const inSpans = (spans: readonly number[]) => all.filter(offset => hasOffset(spans, offset))
const sorted = (own: readonly number[]) => [...new Set(own)].sort((a, b) => a - b)

describe('spans', () => {
  it('hold what was added, in whatever order it came, and no two touch', () => {
    assert.deepEqual(toSpans([5, 6, 9, 7, 8, 2]), [2, 2, 5, 9])
    fc.assert(
      fc.property(offsets, own => {
        const spans = toSpans(own)
        assert.deepEqual(inSpans(spans), sorted(own))
        for (let at = 2; at < spans.length; at += 2) assert.ok(spans[at] > spans[at - 1] + 1)
      }),
    )
  })
  it('say whether an offset was new', () => {
    const spans = [2, 2, 5, 9]
    assert.deepEqual(
      [2, 5, 7, 9, 4].map(offset => addOffset(spans, offset)),
      [false, false, false, false, true],
    )
  })
  it('of two sets unite', () => {
    fc.assert(fc.property(offsets, offsets, (a, b) => assert.deepEqual(uniteSpans(toSpans(a), toSpans(b)), toSpans([...a, ...b]))))
  })
  it('are cut at the borders of pages', () => {
    assert.deepEqual(
      [...cutSpans([3, 3, 8, 25, 30, 31], 10)],
      [
        [0, [3, 3, 8, 9]],
        [1, [10, 19]],
        [2, [20, 25]],
        [3, [30, 31]],
      ],
    )
  })
  it('come back from their deltas', () => {
    assert.deepEqual(toDeltas([40_000_000, 40_000_002, 40_000_009, 40_000_009]), [40_000_000, 2, 7, 0])
    fc.assert(fc.property(offsets, own => assert.deepEqual(fromDeltas(toDeltas(toSpans(own))), toSpans(own))))
  })
})
