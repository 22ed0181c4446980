import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OutgoingRecord } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import { parseRejected } from '#functions/rejected.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBreaker, makeRecord, stepChecks, toLine } from '../../checks/step-checks.ts'
import { flight } from '../../fixtures.ts'

function open({ breakCall }: { readonly breakCall?: number } = {}) {
  const sent: OutgoingRecord[] = []
  const mayBreak = makeBreaker(breakCall)
  const step = makePreprocess({
    pipeline,
    send: async records => {
      mayBreak()
      sent.push(...records)
    },
  })
  return { step, sent, written: () => sent.map(toLine) }
}

const good = [0, 1, 2, 3].map(at => makeRecord({ ...flight, flightId: `f${at}` }, { partition: at >> 1, offset: at }))
const bad = [makeRecord(null, { offset: 10 }), makeRecord(Buffer.from('{'), { offset: 11 }), makeRecord({}, { offset: 12 })]

stepChecks({ name: 'preprocess', open, good, bad })

describe('preprocess', () => {
  const refusals: readonly [what: string, value: unknown, code: string, reason: RegExp][] = [
    ['a tombstone', null, 'VALUE_MISSING', /tombstone/],
    ['text that is not JSON', Buffer.from('{"flightId":'), 'VALUE_NOT_JSON', /not JSON in UTF-8/],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'VALUE_NOT_JSON', /not JSON in UTF-8/],
    ['a JSON array', [flight], 'EVENT_INVALID', /^value: invalid input: expected object/],
    [
      'a wrong type',
      { ...flight, distanceMiles: '2475' },
      'EVENT_INVALID',
      /^distanceMiles: invalid input: expected number, received string/,
    ],
    ['a missing field', { ...flight, origin: undefined }, 'EVENT_INVALID', /^origin: is missing$/],
    ['an empty text', { ...flight, origin: '' }, 'EVENT_INVALID', /^origin: is empty$/],
    ['a null field', { ...flight, departedAtMs: null }, 'EVENT_INVALID', /^departedAtMs: /],
    ['a number like 1e400', Buffer.from(JSON.stringify(flight).replace('2475', '1e400')), 'EVENT_INVALID', /^distanceMiles: /],
    ['a string of a megabyte', { ...flight, origin: 'X'.repeat(1_000_000) }, 'EVENT_INVALID', /^origin: too big/],
    ['a time before 1970', { ...flight, departedAtMs: -1 }, 'EVENT_INVALID', /^departedAtMs: too small/],
    ['a time in the year 5138', { ...flight, departedAtMs: 1e14 }, 'EVENT_INVALID', /^departedAtMs: too big/],
  ]
  for (const [what, value, code, reason] of refusals) {
    it(`rejects ${what}, the record kept as it came`, async () => {
      const { step, sent } = open()
      const record = makeRecord(value, { offset: 5, headers: [['trace', Buffer.from('abc')]] })
      const { counts } = await step([record])
      assert.deepEqual(counts, { accepted: 0, rejected: 1 })
      const [{ topic, key, value: kept, headers = [] }] = sent
      assert.equal(topic, 'flights.rejected')
      assert.deepEqual([key, kept], [record.key, record.value])
      assert.deepEqual(headers[0], ['trace', Buffer.from('abc')])
      const rejection = parseRejected({ ...record, headers: headers.map(([name, content]) => [name, Buffer.from(content)]) })!
      assert.equal(rejection.code, code)
      assert.match(rejection.reason, reason)
      assert.deepEqual(rejection.source, { topic: 'flights.events', partition: 0, offset: 5 })
    })
  }

  it('scores an id that comes twice twice, so that readers keep one', async () => {
    const { step, sent } = open()
    await step([makeRecord(flight, { offset: 1 }), makeRecord(flight, { offset: 2 })])
    assert.deepEqual(
      sent.map(record => JSON.parse(String(record.value)).id),
      ['f1', 'f1'],
    )
  })
})
