import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pipeline } from '#models/examples/payments.ts'
import { toOp, toRemoval } from '#models/windows/op.ts'
import { makeJoinDoubt } from '../../../cli/parity/doubt-joins.ts'
import type { PartitionHistory } from '../../../cli/parity/history.ts'

const plan = pipeline.windows!
const atMs = Date.UTC(2026, 10, 2, 9)
const minuteMs = 60_000
const waitMs = 10_000
const madeAtMs = atMs + 2_000
const payment = { paymentId: 'p1', sentAtMs: atMs, cardId: 'c1', shopId: 's1', country: 'DE', amountCents: 2_500 }

function historyOf(name: string, records: readonly { readonly row: object | null; readonly arrivedAtMs: number }[]): PartitionHistory {
  const kind = plan.sources.findIndex(source => source.name === name)
  const source = plan.sources[kind]
  return {
    source: `payments.${name}-0`,
    kind,
    isTable: name === 'limits',
    partition: 0,
    records: records.map(({ row, arrivedAtMs }, offset) => ({
      offset,
      arrivedAtMs,
      isCounted: true,
      op: row === null ? toRemoval(source, 'c1') : toOp(source, { ...row }, 'c1'),
    })),
  }
}

/** What the payment, which arrives as it is sent, may have found. */
function find(history: PartitionHistory) {
  const own = historyOf('events', [])
  const record = { offset: 0, arrivedAtMs: atMs, isCounted: true, op: toOp(plan.sources[own.kind], payment), event: payment }
  const newestMs = () => Math.max(...history.records.map(({ op }) => op.atMs))
  return makeJoinDoubt(plan, { histories: [own, history], newestMs })({ history: own, record, madeAtMs, waitMs })
}

describe('the doubt about a row of a table', () => {
  const limits = (...arrivals: readonly number[]) =>
    historyOf(
      'limits',
      arrivals.map((arrivedAtMs, at) => ({ row: at === 2 ? null : { limitCents: at }, arrivedAtMs })),
    )
  it('is of those written about when the event came, up to its prediction, and of the one before', () => {
    const [doubt] = find(limits(atMs - minuteMs, atMs - waitMs + 1, madeAtMs))
    assert.deepEqual(doubt, { name: 'limits', found: [{ limitCents: 0 }, { limitCents: 1 }, undefined] })
  })
  it('is of none where a row may have been the first', () => {
    assert.deepEqual(find(limits(madeAtMs))[0].found, [undefined, { limitCents: 0 }])
  })
  it('is of no row that was there before, or came after', () => {
    assert.deepEqual(find(limits(atMs - waitMs)), [])
    assert.deepEqual(find(limits(madeAtMs + 1)), [])
  })
})

describe('the doubt about a joined record of a stream', () => {
  const logins = (...rows: readonly (readonly [loginAtMs: number, arrivedAtMs: number])[]) =>
    historyOf(
      'logins',
      rows.map(([loginAtMs, arrivedAtMs]) => ({ row: { atMs: loginAtMs, cardId: 'c1', country: 'DE' }, arrivedAtMs })),
    )
  const early = atMs - 20 * minuteMs
  it('is of all within reach where one arrived after the prediction, or less than the wait before it', () => {
    assert.equal(find(logins([early, early], [early + 1, madeAtMs + 1]))[0].found.length, 3)
    assert.equal(find(logins([early, madeAtMs - waitMs + 1]))[0].found.length, 2)
    assert.deepEqual(find(logins([early, madeAtMs - waitMs])), [])
  })
  it('is of no record that is after the event or out of reach', () => {
    assert.deepEqual(find(logins([atMs + 1, madeAtMs], [atMs - 31 * minuteMs, madeAtMs])), [])
  })
  it('is of a record that had been given up for newer ones', () => {
    assert.equal(find(logins([early, early], [atMs + 5 * 60 * minuteMs, early])).length, 1)
  })
})
