import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toHourPath, toHours } from '#functions/archived/hours.ts'
import { compactedKey, revisionOf, smallKey, toDayOf, toHourOf, toSmallObject } from '#functions/archived/keys.ts'

const hourStartMs = Date.UTC(2026, 10, 23, 5)

describe('keys of the archive', () => {
  it('give back what a small object is made of', () => {
    const parts = { hourStartMs, partition: 3, firstOffset: 100, lastOffset: 199 }
    const key = smallKey('flights.events', parts)
    assert.equal(key, 'flights.events/date=2026-11-23/hour=05/3-100-199.parquet')
    assert.deepEqual(toSmallObject(key), { key, name: '3-100-199.parquet', ...parts })
  })
  it('pass over objects of other shapes', () => {
    for (const name of ['a-1-2.parquet', '1-2.parquet', '1-2-3.json', '000001-000-c.parquet', '_manifest.json']) {
      assert.equal(toSmallObject(`flights.events/date=2026-11-23/hour=05/${name}`), undefined)
    }
    assert.equal(toSmallObject('flights.events/1-2-3.parquet'), undefined)
  })
  it('tell the hour and the revision of a compacted object', () => {
    const key = compactedKey('flights.events', hourStartMs, { revision: 12, at: 3, claim: '9f2c41d7' })
    assert.equal(key, 'compacted/flights.events/date=2026-11-23/hour=05/000012-003-9f2c41d7.parquet')
    assert.equal(revisionOf(key), 12)
    assert.equal(toHourOf(key), hourStartMs)
    assert.equal(revisionOf('compacted/flights.events/date=2026-11-23/hour=05/_manifest.json'), undefined)
  })
  it('tell the day of an object of manifests', () => {
    assert.equal(toDayOf('compacted/flights.events/_days/2026-11-23.json'), Date.UTC(2026, 10, 23))
    assert.equal(toDayOf('compacted/flights.events/_days/notes.json'), undefined)
  })
})

describe('hours', () => {
  it('are those that a span touches', () => {
    assert.deepEqual(toHours(hourStartMs + 1, hourStartMs + 3_600_001).map(toHourPath), [
      'date=2026-11-23/hour=05',
      'date=2026-11-23/hour=06',
    ])
    assert.deepEqual(toHours(hourStartMs, hourStartMs), [])
  })
})
