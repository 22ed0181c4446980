import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ClockForm, toTimeMs } from '#models/history.ts'

describe('toTimeMs', () => {
  const cases: readonly [form: ClockForm, value: unknown, iso: string][] = [
    ['iso', '2012-01-31', '2012-01-31T00:00:00.000Z'],
    ['iso', '2012-01-31T12:30', '2012-01-31T12:30:00.000Z'],
    ['iso', '2012-01-31 12:30:15.25', '2012-01-31T12:30:15.250Z'],
    ['iso', '2012-01-31T12:30:15.123456Z', '2012-01-31T12:30:15.123Z'],
    ['iso', '2012-01-31T12:30:00+02:00', '2012-01-31T10:30:00.000Z'],
    ['iso', '2012-01-31 23:30:00-0130', '2012-02-01T01:00:00.000Z'],
    ['iso', '2015/01/01 01:00:00', '2015-01-01T01:00:00.000Z'],
    ['month first', '1/31/2012', '2012-01-31T00:00:00.000Z'],
    ['month first', '1/31/2012 1:05 PM', '2012-01-31T13:05:00.000Z'],
    ['month first', '1/31/2012 12:05 AM', '2012-01-31T00:05:00.000Z'],
    ['day first', '31.1.2012 08:00', '2012-01-31T08:00:00.000Z'],
    ['month name', 'Jan 31 2012', '2012-01-31T00:00:00.000Z'],
    ['month name', 'January 31, 2012', '2012-01-31T00:00:00.000Z'],
    ['month name', '31-Jan-2012', '2012-01-31T00:00:00.000Z'],
    ['seconds', 1_328_011_200, '2012-01-31T12:00:00.000Z'],
    ['microseconds', 1_328_011_200_000_000, '2012-01-31T12:00:00.000Z'],
    ['ms', 1_328_011_200_000.4, '2012-01-31T12:00:00.000Z'],
  ]
  for (const [form, value, iso] of cases) {
    it(`reads ${JSON.stringify(value)} as ${form}`, () => {
      const atMs = toTimeMs(value, form)
      assert.ok(atMs !== null)
      assert.equal(new Date(atMs).toISOString(), iso)
    })
  }
  for (const [form, value] of [
    ['iso', '2012-02-30'],
    ['iso', '2012-13-01'],
    ['iso', '2012-01-31 24:00'],
    ['iso', '2012-01-31 noon'],
    ['iso', 20120131],
    ['iso', null],
    ['month first', '31/1/2012'],
    ['day first', '1/31/2012'],
    ['month name', 'Foo 31 2012'],
    ['seconds', '1328011200'],
    ['ms', Number.NaN],
  ] satisfies [ClockForm, unknown][]) {
    it(`is null for ${JSON.stringify(value)} as ${form}`, () => assert.equal(toTimeMs(value, form), null))
  }
})
