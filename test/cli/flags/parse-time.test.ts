import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseTime } from '../../../cli/flags/parse-time.ts'

describe('parseTime', () => {
  for (const [text, ms] of [
    ['2026-11-23', Date.UTC(2026, 10, 23)],
    ['2026-11-23T05:30', Date.UTC(2026, 10, 23, 5, 30)],
    ['2026-11-23T05:30:01.5Z', Date.UTC(2026, 10, 23, 5, 30, 1, 500)],
    ['2026-11-23T05:30+02:00', Date.UTC(2026, 10, 23, 3, 30)],
  ] as const) {
    it(`reads ${text}, in UTC where no zone is said`, () => {
      assert.equal(parseTime(text), ms)
    })
  }
  for (const text of ['yesterday', '23.11.2026', '2026-11-23T05', '2026-13-01', '2026-11-23Z', '2026-11-23 05:30', '1795410000000', '']) {
    it(`rejects '${text}'`, () => {
      assert.throws(() => parseTime(text), { message: /must be a time in ISO 8601/ })
    })
  }
})
