import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toRebuildText, toWholenessText } from '../../../cli/rebuild/text.ts'

const report = {
  layout: '48c7aaa6c7fc4edb',
  isFromArchive: true,
  partitions: [{ source: 'pay.events-0', fromOffset: 1_200, toOffset: 34_000 }],
  cutTables: [],
  records: 32_800,
  counts: {},
  behind: 0,
  wholeness: { kind: 'rebuilt', wholeFromMs: null },
} as const

describe('the text of a rebuild', () => {
  it('says what was counted of each partition, and that windows are whole', () => {
    assert.equal(
      toRebuildText('pay', report),
      [
        'windows of pay, layout 48c7aaa6c7fc4edb: 32,800 records of the archive counted',
        'partition      from   up to',
        'pay.events-0  1,200  34,000',
        'windows are whole',
      ].join('\n'),
    )
  })
  it('says so where the state had begun by itself', () => {
    assert.match(toRebuildText('pay', { ...report, isFromArchive: false }), /counted; this layout began by itself/)
  })
  it('names tables of which the archive does not hold all', () => {
    const text = toRebuildText('pay', { ...report, cutTables: ['pay.limits-0'] })
    assert.match(text, /\nrows of pay\.limits-0 that were written before the archive began, and never since, are not known$/)
  })
  for (const [kind, wholeFromMs, text] of [
    ['none', null, /hold nothing yet/],
    [
      'warming',
      0,
      /began empty and are whole for events from 1970-01-01T00:00:00.000Z on; to begin from the archive instead, raise revision/,
    ],
    ['warming', null, /from a time not known yet on/],
    ['rebuilt', 0, /whole for events from 1970-.* on: the archive does not reach back further/],
    ['unfinished', null, /run it again/],
    ['lost', null, /the newest snapshot cannot be used/],
  ] as const) {
    it(`says since when windows are whole: ${kind}${wholeFromMs === null ? '' : ', from a time on'}`, () => {
      assert.match(toWholenessText({ kind, wholeFromMs }), text)
    })
  }
})
