import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { checkAggregates, checkLateness } from '#models/windows/check.ts'
import { planWindows } from '#models/windows/plan.ts'
import { openWindows, type Windows } from '#models/windows/windows.ts'

interface Row {
  readonly atMs: number
  readonly key: string | null
  readonly value: number | string | null
}

const sources = ['events', 'labels'].map(name => ({ name, timeOf: (record: Readonly<Record<string, unknown>>) => record.atMs as number }))
const key = (row: Row) => row.key
const value = (row: Row) => row.value

function plan(aggregates: Readonly<Record<string, object>>, allowedMs = 1_000) {
  return planWindows(checkAggregates(aggregates as never, ['events', 'labels']), sources, checkLateness({ allowedMs, later: 'drop' }))
}

const over = { over: 'labels', by: key, read: key, windowMs: 100, bucketMs: 10 }
const numeric = { ...over, value }
const all = {
  count: { ...over, stat: 'count' },
  sum: { ...numeric, stat: 'sum' },
  mean: { ...numeric, stat: 'mean' },
  min: { ...numeric, stat: 'min' },
  max: { ...numeric, stat: 'max' },
  variance: { ...numeric, stat: 'variance' },
  rate: { ...over, stat: 'rate' },
  last: { ...numeric, stat: 'last' },
  distinct: { ...numeric, stat: 'distinct' },
  ewma: { ...numeric, stat: 'ewma', halfLifeMs: 20 },
  short: { ...numeric, stat: 'sum', windowMs: 30 },
  tumbling: { ...over, stat: 'count', window: 'tumbling' },
  session: { ...over, stat: 'count', window: 'session', gapMs: 20 },
  events: { over: 'events', by: key, windowMs: 100, bucketMs: 10, stat: 'count' },
}

const row = (atMs: number, value: number | string | null = 1, key: string | null = 'a'): Row => ({ atMs, key, value })
const label = (windows: Windows, ...rows: readonly Row[]) => {
  for (const each of rows) windows.applyLabel({ ...each })
}
const read = (windows: Windows, atMs: number, key = 'a') => ({ ...toPlain(windows, { atMs, key }) })
const toPlain = (windows: Windows, event: object) => {
  const values = windows.read(event as never)
  return Object.fromEntries(windows.plan.names.map(name => [name, values[name]]))
}

describe('openWindows', () => {
  it('counts whole buckets that were over at the time of the event, and none that had left the window', () => {
    const windows = openWindows(plan(all))
    label(windows, row(0), row(9), row(10), row(95))
    assert.deepEqual(
      [9, 10, 19, 20, 100, 109, 110, 120].map(atMs => read(windows, atMs).count),
      [0, 2, 2, 3, 4, 4, 2, 1],
    )
  })
  it('never sees a label that is later than the event', () => {
    const windows = openWindows(plan(all))
    label(windows, row(50))
    assert.equal(read(windows, 49).count, 0)
    assert.equal(read(windows, 59).count, 0)
    assert.equal(read(windows, 60).count, 1)
  })
  it('counts the earlier events of the bucket of the event itself', () => {
    const windows = openWindows(plan(all))
    windows.applyEvent({ ...row(5) })
    assert.equal(read(windows, 5).events, 1)
    assert.equal(read(windows, 110).events, 0)
  })
  it('gives each stat of the window', () => {
    const windows = openWindows(plan(all))
    label(windows, row(1, 2), row(11, 4), row(12, 9), row(25, 5), row(13, null))
    const { ewma, ...values } = read(windows, 30)
    assert.deepEqual(values, {
      count: 5,
      sum: 20,
      mean: 5,
      min: 2,
      max: 9,
      variance: 6.5,
      rate: 50,
      last: 5,
      distinct: 4,
      short: 20,
      tumbling: 0,
      session: 5,
      events: 0,
    })
    const weights = [2 ** -1, 2 ** -0.5, 2 ** -0.5, 1]
    const expected = (2 * weights[0] + 13 * weights[1] + 5) / (weights[0] + 2 * weights[1] + 1)
    assert.ok(Math.abs(ewma! - expected) < 1e-12)
  })
  it('gives null for what has no answer, and 0 for counts of nothing', () => {
    const { count, sum, rate, distinct, ...others } = read(openWindows(plan(all)), 30)
    assert.deepEqual([count, sum, rate, distinct], [0, 0, 0, 0])
    const { tumbling: _t, session: _s, events: _e, short: _short, ...none } = others
    assert.deepEqual(Object.values(none), [null, null, null, null, null, null])
  })
  it('gives null to an event without a key, and leaves out a record without one', () => {
    const windows = openWindows(plan(all))
    label(windows, row(1, 1, null))
    assert.ok(Object.values(toPlain(windows, { atMs: 30, key: null })).every(each => each === null))
    assert.equal(read(windows, 30).count, 0)
  })
  it('reads the latest whole tumbling window', () => {
    const windows = openWindows(plan(all))
    label(windows, row(5), row(99), row(100))
    assert.deepEqual(
      [99, 100, 150, 199, 200].map(atMs => read(windows, atMs).tumbling),
      [0, 2, 2, 2, 1],
    )
  })
  it('reads the session before the event, cut where a pause is longer than the gap', () => {
    const windows = openWindows(plan(all))
    label(windows, row(1), row(35), row(52), row(71))
    assert.deepEqual(
      [10, 30, 40, 80, 90, 110].map(atMs => read(windows, atMs).session),
      [1, 1, 1, 3, 3, 0],
    )
  })
  it('keeps the variance of large numbers that differ little', () => {
    const windows = openWindows(plan({ variance: { ...numeric, stat: 'variance' } }))
    label(windows, row(1, 1e9), row(2, 1e9 + 2))
    assert.equal(read(windows, 10).variance, 1)
  })
  it('estimates distinct values within a fifth', () => {
    const windows = openWindows(plan({ distinct: { ...numeric, stat: 'distinct' } }))
    for (let at = 0; at < 20_000; at++) windows.applyLabel({ ...row(1 + (at % 90), `v${at % 5_000}`) })
    const { distinct } = read(windows, 100)
    assert.ok(distinct! > 4_000 && distinct! < 6_000, String(distinct))
  })
  it('shares one ring among aggregates of the same source, key and bucket', () => {
    assert.deepEqual(
      plan(all).rings.map(({ source }) => source),
      [1, 0],
    )
  })
  it('leaves out a record that is older than all that is held', () => {
    const windows = openWindows(plan({ count: { ...over, stat: 'count' } }, 50))
    label(windows, row(1_000), row(900), row(840))
    assert.equal(read(windows, 901 + 9).count, 1)
    assert.equal(read(windows, 850).count, 0)
  })
  it('keeps a key of 10 kB as its hash', () => {
    const windows = openWindows(plan({ count: { ...over, stat: 'count' } }))
    const long = 'k'.repeat(10_000)
    label(windows, row(1, 1, long))
    assert.equal(read(windows, 10, long).count, 1)
    assert.equal(read(windows, 10, `${long}k`).count, 0)
    assert.ok([...windows.rings(0).keys()].every(name => name.length < 64))
  })
  it('forgets keys of which nothing is held any more', () => {
    const windows = openWindows(plan({ count: { ...over, stat: 'count' } }))
    for (let at = 0; at < 1_000; at++) label(windows, row(at, 1, `k${at}`))
    label(windows, row(10_000, 1, 'z'))
    windows.sweep()
    assert.deepEqual([...windows.rings(0).keys()], ['z'])
  })
  it('forgets them by itself, so that keys that are seen once do not pile up', () => {
    const windows = openWindows(plan({ count: { ...over, stat: 'count' } }))
    let most = 0
    for (let at = 0; at < 50_000; at++) {
      label(windows, row(at, 1, `k${at}`))
      most = Math.max(most, windows.keyCount())
    }
    const reach = 1_000 + 110 // the lateness, the window and one bucket, a key a millisecond
    assert.ok(most <= 2 * reach + 1_001, `${most} keys`)
    assert.equal(read(windows, 50_000, 'k49985').count, 1)
  })

  const anyRows = fc.array(
    fc.record({
      atMs: fc.nat(400),
      key: fc.constantFrom('a', 'b'),
      value: fc.oneof(fc.constant(null), fc.integer({ min: -50, max: 50 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
    }),
    { maxLength: 60 },
  )
  const times = Array.from({ length: 60 }, (_, at) => at * 10)
  const answers = (windows: Windows) => times.map(atMs => [read(windows, atMs), read(windows, atMs, 'b')])

  it('does not depend on the order of records within the lateness, nor on when keys are forgotten', () => {
    const check = (rows: readonly Row[], seed: number) => {
      const straight = openWindows(plan(all))
      label(straight, ...rows)
      const turned = openWindows(plan(all))
      for (const each of rows.toSorted((a, b) => Math.sin(seed + a.atMs) - Math.sin(seed + b.atMs))) {
        label(turned, each)
        turned.sweep()
      }
      assert.deepEqual(answers(turned), answers(straight))
    }
    fc.assert(fc.property(anyRows, fc.nat(1_000), check))
  })
  it('agrees with counting every record anew', () => {
    const check = (rows: readonly Row[]) => {
      const windows = openWindows(
        plan({ sum: { ...numeric, stat: 'sum' }, max: { ...numeric, stat: 'max' }, count: { ...numeric, stat: 'count' } }),
      )
      const whole = rows.map(each => ({ ...each, value: each.value === null ? null : Math.round(Number(each.value) % 1_000) + 0 }))
      label(windows, ...whole)
      for (const atMs of times) {
        const end = Math.floor(atMs / 10) * 10
        const inside = whole.filter(each => each.key === 'a' && each.value !== null && each.atMs < end && each.atMs >= end - 100)
        const numbers = inside.map(each => each.value!)
        assert.deepEqual(read(windows, atMs), {
          sum: numbers.reduce((sum, each) => sum + each, 0),
          max: numbers.length > 0 ? Math.max(...numbers) : null,
          count: numbers.length,
        })
      }
    }
    fc.assert(fc.property(anyRows, check))
  })
})

describe('checkAggregates', () => {
  const refusals: readonly [what: string, changes: object, message: RegExp][] = [
    ['an unknown source', { over: 'flights' }, /^aggregates\.a\.over must be one of events, labels, got "flights"/],
    ['an unknown stat', { stat: 'median' }, /^aggregates\.a\.stat must be one of count, sum,.* got "median"/],
    ['labels without the key that is read', { read: undefined }, /^aggregates\.a\.read must be a function of the event/],
    ['a mean of nothing', { value: undefined }, /^aggregates\.a\.value must be a function of the record/],
    ['a window of no length', { windowMs: 0 }, /^aggregates\.a\.windowMs must be a number above 0, got 0/],
    [
      'buckets that do not fill the window',
      { bucketMs: 30 },
      /^aggregates\.a\.bucketMs must divide windowMs 100 into 1 to 1000 whole buckets, got 30/,
    ],
    ['too many buckets', { windowMs: 20_000 }, /^aggregates\.a\.bucketMs must divide windowMs 20000 into/],
    ['a session without a gap', { window: 'session' }, /^aggregates\.a\.gapMs must be at least bucketMs for a session/],
    ['an unknown window', { window: 'hopping' }, /^aggregates\.a\.window must be one of sliding, tumbling, session/],
  ]
  for (const [what, changes, message] of refusals) {
    it(`rejects ${what}`, () => {
      const a = { ...numeric, stat: 'mean', ...changes } as never
      assert.throws(() => checkAggregates({ a }, ['events', 'labels']), { name: 'MillraceError', message })
    })
  }
  it('rejects a lateness that is no time, or does nothing known', () => {
    assert.throws(
      () => checkLateness({ allowedMs: -1, later: 'drop' }),
      /^MillraceError: lateness\.allowedMs must be a number of at least 0/,
    )
    assert.throws(
      () => checkLateness({ allowedMs: 1, later: 'wait' as never }),
      /lateness\.later must be one of drop, amend, reject, got "wait"/,
    )
  })
})
