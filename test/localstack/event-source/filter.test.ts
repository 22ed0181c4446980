import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseFilters } from '../../../localstack/event-source/filter.ts'

const takes = (pattern: unknown, value: unknown) =>
  parseFilters([JSON.stringify({ value: pattern })])!(typeof value === 'string' ? Buffer.from(value) : Buffer.from(JSON.stringify(value)))

describe('parseFilters', () => {
  // the operators of https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
  for (const [what, pattern, matching, others] of [
    ['null', { a: [null] }, [{ a: null }], [{}, { a: '' }, { a: 0 }]],
    ['an empty text', { a: [''] }, [{ a: '' }], [{ a: 'x' }, { a: null }]],
    ['a text', { a: ['DE'] }, [{ a: 'DE' }], [{ a: 'de' }, { a: ['FR'] }, {}]],
    ['a number', { a: [5] }, [{ a: 5 }, { a: 5.0 }], [{ a: '5' }, { a: 6 }]],
    ['a text in any case', { a: [{ 'equals-ignore-case': 'dE' }] }, [{ a: 'De' }], [{ a: 'DEE' }, { a: 1 }]],
    ['two fields', { a: ['x'], b: ['y'] }, [{ a: 'x', b: 'y' }], [{ a: 'x' }, { a: 'x', b: 'x' }]],
    ['one of two', { a: ['x', 'y'] }, [{ a: 'x' }, { a: 'y' }], [{ a: 'z' }]],
    ['one of two fields', { $or: [{ a: ['x'] }, { b: ['y'] }] }, [{ a: 'x' }, { b: 'y' }], [{ a: 'y', b: 'x' }]],
    ['anything but', { a: [{ 'anything-but': ['x', 'y'] }] }, [{ a: 'z' }, { a: null }], [{ a: 'x' }, {}]],
    ['anything but a beginning', { a: [{ 'anything-but': { prefix: 'x' } }] }, [{ a: 'y' }], [{ a: 'xy' }]],
    ['a number by comparison', { a: [{ numeric: ['=', 1e2] }] }, [{ a: 100 }], [{ a: 99 }, { a: '100' }]],
    ['a range', { a: [{ numeric: ['>', 10, '<=', 20] }] }, [{ a: 10.5 }, { a: 20 }], [{ a: 10 }, { a: 21 }]],
    ['a field that is there', { a: [{ exists: true }] }, [{ a: 0 }, { a: null }], [{}, { a: { b: 1 } }]],
    ['a field that is not there', { a: [{ exists: false }] }, [{}, { b: 1 }], [{ a: 1 }]],
    ['a beginning', { a: [{ prefix: 'AB' }] }, [{ a: 'AB1' }], [{ a: '1AB' }, { a: 5 }]],
    ['an end', { a: [{ suffix: '.png' }] }, [{ a: 'x.png' }], [{ a: 'x.jpg' }]],
    ['a field within', { a: { b: [1] } }, [{ a: { b: 1 } }], [{ a: 1 }, { b: 1 }, { a: [{ c: 1 }] }]],
    ['an item of a list', { a: ['x'] }, [{ a: ['y', 'x'] }], [{ a: ['y'] }, { a: [] }]],
  ] as const) {
    it(`takes ${what}`, () => {
      for (const value of matching) assert.equal(takes(pattern, value), true, JSON.stringify(value))
      for (const value of others) assert.equal(takes(pattern, value), false, JSON.stringify(value))
    })
  }
  it('matches plain text by a list, which drops JSON', () => {
    assert.deepEqual(
      ['ABC', 'XABC', '{"a":"ABC"}'].map(value => takes([{ prefix: 'AB' }], value)),
      [true, false, false],
    )
  })
  it('drops what is no JSON, and a tombstone, where the pattern is for JSON', () => {
    const filter = parseFilters(['{"value":{"a":[{"exists":false}]}}'])!
    assert.deepEqual([Buffer.from('text'), Buffer.from([0xff]), null, undefined].map(filter), [false, false, false, false])
  })
  it('takes a record that one of several patterns takes', () => {
    const filter = parseFilters(['{"value":{"a":[1]}}', '{"value":{"b":[1]}}'])!
    assert.deepEqual(
      ['{"a":1}', '{"b":1}', '{"b":2}'].map(value => filter(Buffer.from(value))),
      [true, true, false],
    )
  })
  it('is no filter where there are no patterns', () => {
    assert.equal(parseFilters([]), undefined)
  })
  for (const [what, pattern, message] of [
    ['what is no JSON', 'value', /a pattern must be JSON, got value/],
    ['a filter on the key', '{"key":["a"]}', /must filter on value only/],
    ['an empty pattern', '{"value":{}}', /must name a field/],
    ['an empty list', '{"value":{"a":[]}}', /must not be empty/],
    ['a value outside of a list', '{"value":{"a":"DE"}}', /a must be a list or an object, got "DE"/],
    ['an unknown operator', '{"value":{"a":[{"contains":"x"}]}}', /must be one of exists, prefix, .*, got \{"contains":"x"\}/],
    ['a comparison without a number', '{"value":{"a":[{"numeric":[">"]}]}}', /numeric takes one or two pairs/],
    ['a prefix that is no text', '{"value":{"a":[{"prefix":1}]}}', /prefix takes a text, got 1/],
    ['an exists that is no yes or no', '{"value":{"a":[{"exists":"no"}]}}', /exists takes true or false, got "no"/],
    ['an empty $or', '{"value":{"$or":[]}}', /\$or must be a list of patterns/],
  ] as const) {
    it(`rejects ${what}`, () => {
      assert.throws(() => parseFilters([pattern]), { code: 'SETTING_INVALID', message })
    })
  }
})
