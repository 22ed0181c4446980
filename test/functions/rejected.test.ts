import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { OutgoingRecord } from '#functions/ports.ts'
import { countRedrives, parseRejected, toRedriven, toRejected } from '#functions/rejected.ts'
import { makeRecord } from '../checks/step-checks.ts'
import { toConsumed } from '../memory-topic.ts'

const rejection = { step: 'preprocess', code: 'EVENT_INVALID', reason: 'why' } as const

const ourNames = ['step', 'code', 'reason', 'topic', 'partition', 'offset', 'attempts', 'redriven', 'claim', 'x'].map(
  name => `millrace-${name}`,
)
const aName = fc.oneof(fc.constantFrom(...ourNames, 'constructor', '__proto__', 'toString', '', '7'), fc.string())
const someBytes = fc.uint8Array({ maxLength: 9 }).map(bytes => Buffer.from(bytes))
const someHeaders = fc.array(fc.tuple(aName, someBytes), { maxLength: 8 })
const bytesOrNull = fc.option(someBytes)

/** In groups of one name, as any order among names is lost on the way. */
const byName = (headers: NonNullable<OutgoingRecord['headers']>) =>
  [...Map.groupBy(headers, ([name]) => name)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, all]) => [name, all.map(pair => pair[1])])

describe('toRejected', () => {
  it('is read back, whatever headers, key and value the record has, and put back byte for byte', () => {
    fc.assert(
      fc.property(bytesOrNull, bytesOrNull, someHeaders, (key, value, headers) => {
        const record = makeRecord(null, { topic: 'flights.events', partition: 3, offset: 70, key, value, headers })
        const consumed = toConsumed(toRejected('flights.rejected', record, rejection))
        assert.deepEqual(parseRejected(consumed), { ...rejection, source: { topic: 'flights.events', partition: 3, offset: 70 } })
        assert.equal(
          countRedrives(consumed, () => false),
          0,
        )
        const back = toRedriven(consumed, 'flights.events', '0/5/9', () => false)
        assert.deepEqual([back.key, back.value], [key, value])
        const note = [['millrace-redriven', '0/5/9'] as const, ['millrace-attempts', '1'] as const]
        assert.deepEqual(byName(back.headers!), byName([...headers, ...note]))
      }),
    )
  })
  it('keeps an empty key and an empty value apart from none', () => {
    const empty = Buffer.alloc(0)
    for (const [key, value] of [
      [empty, null],
      [null, empty],
    ]) {
      const rejected = toRejected('flights.rejected', makeRecord(null, { key, value }), rejection)
      const back = toRedriven(toConsumed(rejected), 'flights.events', '0/0/0', () => false)
      assert.deepEqual([back.key, back.value], [key, value])
    }
  })
  it('counts how often a record was put back, and carries one note of it', () => {
    let record = makeRecord({}, { headers: [['trace', Buffer.from('t')]] })
    for (const attempt of [1, 2, 3]) {
      const consumed = toConsumed(toRejected('flights.rejected', record, rejection))
      assert.equal(
        countRedrives(consumed, () => true),
        attempt - 1,
      )
      record = toConsumed(toRedriven(consumed, 'flights.events', `0/${attempt}/9`, () => true))
      assert.deepEqual(
        record.headers.map(([name, bytes]) => `${name}=${bytes}`),
        ['trace=t', `millrace-redriven=0/${attempt}/9`, `millrace-attempts=${attempt}`],
      )
    }
  })
})

describe('parseRejected', () => {
  const of = (changes: Readonly<Record<string, string>>) => {
    const about = { step: 's', code: 'c', reason: 'r', topic: 't', partition: '0', offset: '1', ...changes }
    return parseRejected({ headers: Object.entries(about).map(([name, text]) => [`millrace-${name}`, Buffer.from(text)]) })
  }
  it('is undefined for what no step has written', () => {
    assert.equal(of({})?.source.offset, 1)
    assert.equal(parseRejected({ headers: [] }), undefined)
    assert.equal(parseRejected({ headers: [['millrace-topic', Buffer.from('t')]] }), undefined)
    for (const offset of ['', '-1', '1.5', 'x', '1e3', '99999999999999999999']) assert.equal(of({ offset }), undefined)
  })
})
