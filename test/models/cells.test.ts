import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { asNumber, asText, toNumber, toText } from '#models/cells.ts'
import { number, oneOf, text } from '#models/fields.ts'

describe('toNumber', () => {
  it('reads texts of numbers, and is null for all else', () => {
    assert.deepEqual(['12.5', ' 7 ', -3, 'n/a', '', ' ', null, undefined, true, '1e999'].map(toNumber), [
      12.5,
      7,
      -3,
      ...Array(7).fill(null),
    ])
  })
})

describe('toText', () => {
  it('writes numbers and flags, and is null for what is empty', () => {
    assert.deepEqual(['00501', 10001, true, '', null, undefined].map(toText), ['00501', '10001', 'true', null, null, null])
  })
})

describe('asNumber', () => {
  const schema = z.object({ price: asNumber(number({ min: 0 }).nullish()) })
  it('gives numbers of texts, and null for what is none or absent', () => {
    const rows = [{ price: '12.5' }, { price: 3 }, { price: 'n/a' }, { price: '' }, { price: null }, {}]
    assert.deepEqual(
      rows.map(row => schema.parse(row).price ?? null),
      [12.5, 3, null, null, null, null],
    )
  })
  it('rejects a number that its schema rejects', () => {
    assert.equal(schema.safeParse({ price: '-1' }).success, false)
  })
  it('rejects what is no number where none may be missing', () => {
    assert.equal(asNumber(number()).safeParse('n/a').success, false)
  })
})

describe('asText', () => {
  it('gives texts of numbers', () => {
    assert.deepEqual([asText(text()).parse(10001), asText(oneOf(['0', 'x'])).parse(0)], ['10001', '0'])
  })
  it('rejects an empty text unless it may be missing', () => {
    assert.equal(asText(text()).safeParse('').success, false)
    assert.equal(asText(text().nullish()).parse(''), null)
  })
})
