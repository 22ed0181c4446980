import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PlannedRecord } from './plan.ts'
import { event, header } from './records.ts'
import { findChanged } from './redrive-check.ts'

const planned = (extra: Parameters<typeof event>[1] = {}): PlannedRecord => ({ at: 0, kind: 'a kind', record: event('x', extra) })
const ours = [
  ['millrace-redriven', Buffer.from('0/0/0')],
  ['millrace-attempts', Buffer.from('1')],
] as const
const back = (content: object = {}) => ({ key: Buffer.from('k'), value: Buffer.from('x'), headers: ours, ...content })

describe('findChanged', () => {
  it('finds nothing where each record came back byte for byte', () => {
    assert.deepEqual(findChanged([planned()], [back()]), [])
    const headers = [['constructor', Buffer.from('x')] as const, ...ours]
    assert.deepEqual(findChanged([planned(header('constructor', 'x'))], [back({ headers })]), [])
    assert.deepEqual(findChanged([planned(header('h', null))], [back({ headers: [['h', Buffer.alloc(0)], ...ours] })]), [])
  })
  const changes = {
    'is not there': [],
    'has another value': [back({ value: Buffer.from('y') })],
    'has no value': [back({ value: null })],
    'has an empty key for none': [back({ key: Buffer.alloc(0) })],
    'has the headers of a name in another order': [back({ headers: [['h', Buffer.from('2')], ['h', Buffer.from('1')], ...ours] })],
    'has a header more': [back({ headers: [['h', Buffer.from('x')], ...ours] })],
  }
  const sent: Readonly<Record<string, Parameters<typeof event>[1]>> = {
    'has the headers of a name in another order': { headers: ['1', '2'].map(value => ['h', value] as const) },
  }
  for (const [what, records] of Object.entries(changes)) {
    it(`finds one that ${what}`, () => {
      assert.deepEqual(findChanged([planned(sent[what])], records), ['a kind'])
    })
  }
  it('finds one of two that came back once', () => {
    assert.deepEqual(findChanged([planned(), planned()], [back()]), ['a kind'])
  })
})
