import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseSpan } from '../../../cli/flags/parse-span.ts'

describe('parseSpan', () => {
  for (const [text, span] of [
    ['500', { rows: 500 }],
    ['0', { rows: 0 }],
    ['90s', { ms: 90_000 }],
    ['1.5h', { ms: 5_400_000 }],
    ['2d', { ms: 172_800_000 }],
  ] as const) {
    it(`reads ${text}`, () => assert.deepEqual(parseSpan(text), span))
  }
  for (const text of ['', '-1', '1.5', '6 hours', 'h', '1e3']) {
    it(`rejects '${text}'`, () => assert.throws(() => parseSpan(text), /whole number of rows, or a time such as 90s, 15m, 6h, 2d/))
  }
})
