import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkAggregates, checkLateness } from '#models/windows/check.ts'
import { ringWidths } from '#models/windows/layout.ts'
import { planWindows } from '#models/windows/plan.ts'
import type { JoinPlan } from '#models/windows/window-plan.ts'

type Row = Readonly<Record<string, unknown>>

const names = ['events', 'labels']
const sources = names.map(name => ({ name, timeOf: (row: Row) => row.atMs as number }))
const card = (row: Row) => row.card
const shop = (row: Row) => row.shop
const amount = (row: Row) => row.amount
const weight = (row: Row) => row.weight
const over = { over: 'events', windowMs: 100, bucketMs: 10 }
const aggregates = {
  paid: { ...over, by: card, value: amount, stat: 'sum' },
  paidAtShop: { ...over, by: shop, value: amount, stat: 'sum' },
  weight: { ...over, by: card, value: weight, stat: 'ewma', halfLifeMs: 20 },
}
const join: JoinPlan = {
  name: 'gates',
  source: 1,
  by: card as never,
  read: card as never,
  beforeMs: 60,
  afterMs: 0,
  row: row => row,
  fields: ['gate'],
}

interface Changes {
  readonly aggregates?: object
  readonly lateness?: object
  readonly joins?: readonly JoinPlan[]
  readonly revision?: number
}

function planOf(changes: Changes = {}) {
  const lateness = checkLateness({ allowedMs: 20, later: 'drop', ...changes.lateness })
  return planWindows(
    checkAggregates({ ...aggregates, ...changes.aggregates } as never, names),
    sources,
    lateness,
    changes.joins ?? [join],
    changes.revision,
  )
}

describe('the layout of what windows keep', () => {
  const others: readonly [what: string, changes: Changes][] = [
    ['an aggregate by the key of another one', { aggregates: { weight: { ...aggregates.weight, by: shop } } }],
    ['an aggregate of the value of another one', { aggregates: { weight: { ...aggregates.weight, value: amount } } }],
    ['a key of its own where two shared one', { aggregates: { weight: { ...aggregates.weight, by: (row: Row) => row.card } } }],
    ['two aggregates that change places', { aggregates: { paid: aggregates.paidAtShop, paidAtShop: aggregates.paid } }],
    ['a longer window', { aggregates: { paid: { ...aggregates.paid, windowMs: 200 } } }],
    ['other buckets', { aggregates: { paid: { ...aggregates.paid, bucketMs: 20 } } }],
    ['a stat that keeps another number', { aggregates: { paid: { ...aggregates.paid, stat: 'max' } } }],
    ['another resolution', { aggregates: { paid: { ...aggregates.paid, resolution: 1 } } }],
    ['another source', { aggregates: { paid: { ...aggregates.paid, over: 'labels', read: card } } }],
    ['one aggregate more', { aggregates: { more: { ...over, by: card, stat: 'count' } } }],
    ['more lateness', { lateness: { allowedMs: 30 } }],
    ['late records that count', { lateness: { later: 'amend' } }],
    ['a join that reaches further', { joins: [{ ...join, beforeMs: 90 }] }],
    [
      'a join by the key of the record',
      { joins: [{ name: 'gates', source: 1, read: card as never, beforeMs: 60, afterMs: 0, row: row => row }] },
    ],
    ['a row with another field', { joins: [{ ...join, fields: ['gate', 'terminal'] }] }],
    ['no join', { joins: [] }],
    ['another revision', { revision: 2 }],
  ]
  for (const [what, changes] of others) {
    it(`is another one with ${what}`, () => {
      assert.notEqual(planOf(changes).layout, planOf().layout)
    })
  }
  it('is the same for the same definition, read again', () => {
    assert.equal(planOf({ revision: 1 }).layout, planOf().layout)
    assert.equal(planOf({ joins: [{ ...join, row: row => row }] }).layout, planOf().layout)
  })
  it('is the same where the same numbers are read otherwise', () => {
    const halfLife = { aggregates: { weight: { ...aggregates.weight, halfLifeMs: 50 } } }
    const shorter = { aggregates: { weight: { ...aggregates.weight, windowMs: 50 } } }
    assert.deepEqual([planOf(halfLife).layout, planOf(shorter).layout], [planOf().layout, planOf().layout])
  })
})

describe('ringWidths', () => {
  it('tells the rings of two plans apart that keep numbers side by side otherwise', () => {
    assert.equal(ringWidths(planOf()), '10:4:0:0 10:2:0:0')
    assert.equal(ringWidths(planOf({ aggregates: { weight: { ...aggregates.weight, by: shop } } })), '10:2:0:0 10:4:0:0')
  })
})
