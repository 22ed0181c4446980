import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type FieldCleaning, makeClean, makeClockCheck } from '#models/cleaning.ts'

function clean(rules: FieldCleaning, value: unknown) {
  const told: string[] = []
  const cleaned = makeClean('clean.event', { a: rules }, ['a', 'b'])(value, rule => told.push(rule))
  return { cleaned, told }
}

describe('makeClean', () => {
  const cases: readonly [what: string, rules: FieldCleaning, value: object, cleaned: object, told: readonly string[]][] = [
    ['fills a missing field with its default', { default: 5 }, { b: 1 }, { a: 5, b: 1 }, ['clean.a.default']],
    ['fills a null field with its default', { default: 'x' }, { a: null }, { a: 'x' }, ['clean.a.default']],
    ['leaves a field that is there', { default: 5, min: 0, max: 9 }, { a: 0 }, { a: 0 }, []],
    ['takes a missing field from another name', { from: 'old' }, { old: 3 }, { a: 3, old: 3 }, ['clean.a.from']],
    ['converts a unit', { times: 5 / 9, plus: -160 / 9 }, { a: 212 }, { a: 100 }, ['clean.a.times', 'clean.a.plus']],
    ['does not convert a default', { default: 20, times: 2 }, {}, { a: 20 }, ['clean.a.default']],
    ['raises what is too small', { min: -1, max: 1 }, { a: -7 }, { a: -1 }, ['clean.a.min']],
    ['lowers what is too large, after converting', { times: 1_000, max: 1_500 }, { a: 2 }, { a: 1_500 }, ['clean.a.times', 'clean.a.max']],
    ['leaves a text where a number is meant to its schema', { times: 2, max: 1 }, { a: '7' }, { a: '7' }, []],
  ]
  for (const [what, rules, value, expected, rulesTold] of cases) {
    it(what, () => {
      const given = structuredClone(value)
      const { cleaned, told } = clean(rules, given)
      assert.deepEqual([cleaned, told], [expected, rulesTold])
      assert.deepEqual(given, value)
    })
  }
  it('leaves what is no object alone', () => {
    for (const value of [null, 7, 'a', [1]]) assert.equal(clean({ default: 1 }, value).cleaned, value)
  })
  it('rejects rules that do not exist or cannot be', () => {
    const message = (rules: object, text: RegExp) =>
      assert.throws(() => clean(rules as FieldCleaning, {}), { code: 'DEFINITION_INVALID', message: text })
    message({ median: 1 }, /^clean\.event\.a\.median must be one of from, default, times, plus, min, max, got "median"/)
    message({ times: '2' }, /^clean\.event\.a\.times must be a finite number, got "2"/)
    message({ from: 2 }, /^clean\.event\.a\.from must be a field's name, got 2/)
    message({ min: 2, max: 1 }, /^clean\.event\.a\.min must be at most max 1, got 2/)
    assert.throws(() => makeClean('clean.event', { z: {} }, ['a']), /clean\.event\.z must be one of a, got "z"/)
  })
})

describe('makeClockCheck', () => {
  it('rejects a clock that is too far ahead of Kafka or behind it', () => {
    const check = makeClockCheck({ aheadAtMostMs: 10, behindAtMostMs: 100 }, 'sentAtMs')
    assert.deepEqual([check(1_010, 1_000), check(900, 1_000)], [undefined, undefined])
    assert.equal(check(1_011, 1_000), 'sentAtMs: 11 ms after Kafka took the record, at most 10 are allowed')
    assert.equal(check(899, 1_000), 'sentAtMs: 101 ms before Kafka took the record, at most 100 are allowed')
  })
  it('takes any clock without limits', () => {
    assert.equal(makeClockCheck({}, 'sentAtMs')(4e12, 0), undefined)
  })
  it('rejects limits that are no times', () => {
    assert.throws(
      () => makeClockCheck({ aheadAtMostMs: -1 }, 'sentAtMs'),
      /clean\.clock\.aheadAtMostMs must be a number of at least 0, got -1/,
    )
  })
})
