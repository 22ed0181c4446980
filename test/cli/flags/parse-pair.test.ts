import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePair } from '../../../cli/flags/parse-pair.ts'

describe('parsePair', () => {
  it('gathers names and values, one call after the other', () => {
    const pairs = parsePair('logins=b=c.csv', parsePair('limits=a.csv'))
    assert.deepEqual(
      [...pairs],
      [
        ['limits', 'a.csv'],
        ['logins', 'b=c.csv'],
      ],
    )
  })
  it('rejects what is no pair', () => {
    for (const text of ['limits', '=a.csv', 'limits=', '']) assert.throws(() => parsePair(text), /It must be NAME=VALUE\./)
  })
  it('rejects a name that was given before', () => {
    assert.throws(() => parsePair('a=1', parsePair('a=2')), /'a' is given twice\./)
  })
})
