import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { StateStore } from '#functions/ports.ts'
import { logNames } from '#functions/state/stored.ts'
import { makeWindowState, type WindowStateOptions } from '#functions/state/window-state.ts'
import { checkAggregates, checkLateness } from '#models/windows/check.ts'
import { toOp, toRemoval } from '#models/windows/op.ts'
import { planWindows } from '#models/windows/plan.ts'
import { keysRead } from '#models/windows/snapshot.ts'
import type { Windows } from '#models/windows/windows.ts'
import { expiringState } from '../../expiring-state.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000
const startMs = Date.UTC(2026, 0, 1)
const card = (row: { card: string }) => row.card
const sources = [
  ...['events', 'labels'].map(name => ({ name, timeOf: (row: object) => (row as { atMs: number }).atMs })),
  { name: 'limits', timeOf: () => 0 },
]
const table = {
  name: 'limits',
  source: 2,
  read: card as never,
  beforeMs: Number.POSITIVE_INFINITY,
  afterMs: 0,
  row: (row: object) => row,
}
const aggregates = { count: { over: 'events', by: card, stat: 'count', windowMs: hourMs } }
const plan = planWindows(
  checkAggregates(aggregates as never, ['events', 'labels']),
  sources,
  checkLateness({ allowedMs: 0, later: 'drop' }),
  [table],
)

/** A stream over one table and one partition of everything, at a clock that the test moves; each `open` is a cold start. */
function makeStream(snapshotEvery = 100, options: Partial<WindowStateOptions> = {}) {
  const clock = { ms: startMs }
  const store = expiringState(() => clock.ms)
  const appended: { log: string; bytes: number }[] = []
  const counting: StateStore = {
    ...store,
    append: item => {
      appended.push({ log: item.log, bytes: item.body.length })
      return store.append(item)
    },
    put: items => {
      appended.push(...items.map(({ log, body }) => ({ log, bytes: body.length })))
      return store.put(items)
    },
  }
  const openState = () => makeWindowState({ plan, store: counting, nowMs: () => clock.ms, snapshotEvery, ...options })
  let state = openState()
  let [events, limits] = [0, 0]

  const stream = {
    clock,
    store,
    appended,
    open() {
      state = openState()
    },
    /** Writes rows of the table, or takes them away. */
    async limit(rows: Readonly<Record<string, number | null>>) {
      const ops = Object.entries(rows).map(([key, limit]) => ({
        offset: limits++,
        op: limit === null ? toRemoval(plan.sources[2], key) : toOp(plan.sources[2], { limit }, key),
      }))
      return state.count(new Map([['x.limits-0', ops]]))
    },
    /** An event a card; the limits and counts that they see. */
    async pay(...cards: readonly string[]) {
      const seen: [limit: number | undefined, count: number | null][] = []
      const visits = cards.map(each => {
        const event = { atMs: clock.ms, card: each }
        const visit = (windows: Windows) => {
          seen.push([(windows.readRows(event).limits as { limit: number } | undefined)?.limit, windows.read(event).count])
          return true
        }
        return { offset: events++, op: toOp(plan.sources[0], event), keys: () => keysRead(plan, event), visit }
      })
      await state.visit(new Map([['x.events-0', visits]]))
      await state.snapshot()
      return seen
    },
    snapshotCount: () => appended.filter(({ log }) => log === logNames(plan).snapshots).length,
    async limitOf(key: string) {
      const [[limit]] = await stream.pay(key)
      return limit
    },
  }
  return stream
}

describe('a row of a table', () => {
  it('lives on while others come and go for a year, through cold starts, and is given up when it is taken away', async () => {
    const stream = makeStream()
    await stream.limit({ vip: 1_000, gone: 5 })
    for (let day = 0; day < 365; day += 5) {
      stream.clock.ms = startMs + day * dayMs
      stream.open()
      for (let at = 0; at < 110; at++) await stream.pay(`${day} ${at}`)
      if (day === 100) await stream.limit({ gone: null })
    }
    assert.deepEqual([await stream.limitOf('vip'), await stream.limitOf('gone')], [1_000, undefined])
  })
  it('lives on while nobody writes at all for three years, as do the windows', async () => {
    const stream = makeStream()
    await stream.limit({ vip: 1_000 })
    for (let at = 0; at < 250; at++) await stream.pay('vip')
    const stood = stream.clock.ms
    stream.clock.ms += 3 * 365 * dayMs
    stream.open()
    await stream.limit({ other: 7 })
    assert.deepEqual(await stream.pay('vip', 'other'), [
      [1_000, 0],
      [7, 0],
    ])
    const replayed = makeStream()
    for (let at = 0; at < 250; at++) await replayed.pay('vip')
    replayed.clock.ms += 3 * 365 * dayMs // the pause is on our clock alone
    replayed.open()
    replayed.clock.ms = stood
    assert.deepEqual(await replayed.pay('vip'), [[undefined, 250]])
  })
  it('lives on where only tables are written, and no event for a year', async () => {
    const stream = makeStream()
    await stream.limit({ vip: 1_000 })
    for (let day = 0; day < 365; day++) {
      stream.clock.ms += dayMs
      stream.open()
      await stream.limit({ other: day })
    }
    assert.deepEqual([await stream.limitOf('vip'), await stream.limitOf('other')], [1_000, 364])
  })
  it('is written again with those of its page alone, not with every snapshot', async () => {
    const rowCount = 50_000
    const stream = makeStream(2, { wholeBytes: 0 })
    const keys = Array.from({ length: rowCount }, (_, at) => `card ${at}`)
    await stream.limit(Object.fromEntries(keys.map(key => [key, 100])))
    const bytesOfPages = () => stream.appended.filter(({ log }) => log.includes('/page/')).reduce((sum, { bytes }) => sum + bytes, 0)
    for (let at = 0; at < 40; at++) await stream.pay('first') // all rows come into pages
    const wholeTable = bytesOfPages()
    const [snapshots, written] = [stream.snapshotCount(), wholeTable]
    for (let at = 0; at < 200; at++) {
      stream.clock.ms += 60_000
      await stream.limit({ [keys[(at * 7) % rowCount]]: at })
      await stream.pay(`${at}`)
    }
    const snapshotCount = stream.snapshotCount() - snapshots
    const bytes = bytesOfPages() - written
    assert.ok(snapshotCount >= 8, `${snapshotCount} snapshots`)
    assert.ok(bytes < (snapshotCount * wholeTable) / 8, `${bytes} bytes in ${snapshotCount} snapshots of a table of ${wholeTable}`)
    stream.open()
    assert.deepEqual(await stream.limitOf(keys[199 * 7]), 199)
    assert.deepEqual(await stream.limitOf(keys[rowCount - 1]), 100)
  })
  it('that is larger than an item counts as taken away, and is counted', async () => {
    const stream = makeStream()
    await stream.limit({ vip: 1_000 })
    assert.equal((await stream.limit({ vip: 'x'.repeat(400_000) as never, other: 3 })).rowsTooLarge, 1)
    stream.open()
    assert.deepEqual(await stream.pay('vip', 'other'), [
      [undefined, 0],
      [3, 0],
    ])
    assert.ok(stream.appended.every(({ bytes }) => bytes <= 350_000))
  })
})

describe('what has no end in the state table', () => {
  it('does not grow with the records of a year', async () => {
    const stream = makeStream(20)
    await stream.limit({ vip: 1_000 })
    const counts: number[] = []
    for (let week = 0; week < 52; week++) {
      for (let at = 0; at < 100; at++) {
        stream.clock.ms += (7 * dayMs) / 100
        if (at % 10 === 0) await stream.limit({ [`card ${at}`]: week })
        await stream.pay(`card ${at}`)
      }
      stream.open()
      counts.push((await stream.store.items()).length)
    }
    const [early, late] = [Math.max(...counts.slice(2, 12)), Math.max(...counts.slice(-10))]
    assert.ok(late <= early * 1.1, `${early} items in the first weeks, ${late} in the last: ${counts.join(' ')}`)
  })
  it('is not left behind by a writer of a snapshot that died', async () => {
    const stream = makeStream(5)
    const { store } = stream
    let isDying = false
    const dying: StateStore = {
      ...store,
      append: item => {
        if (isDying && item.log === logNames(plan).snapshots) throw new Error('out of time')
        return store.append(item)
      },
    }
    const state = makeWindowState({ plan, store: dying, nowMs: () => stream.clock.ms, snapshotEvery: 5 })
    let offset = 0
    const pay = async () => {
      const op = toOp(plan.sources[0], { atMs: stream.clock.ms, card: 'a' })
      await state.visit(new Map([['x.events-0', [{ offset: offset++, op, keys: () => ['a'], visit: () => true }]]]))
      await state.snapshot()
    }
    for (let at = 0; at < 4; at++) await pay()
    isDying = true
    await assert.rejects(pay, /out of time/)
    isDying = false
    const lost = (await store.items()).filter(({ log }) => log.includes('/page/'))
    assert.equal(lost.length, 1)
    for (let at = 0; at < 20; at++) {
      stream.clock.ms += hourMs
      await pay()
    }
    const [{ expiresAtSec }] = await store.read(lost)
    assert.ok(expiresAtSec > stream.clock.ms / 1_000)
  })
})

const anyStep = fc.record({
  rows: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.oneof(fc.constant(null), fc.nat(99)), { maxKeys: 3 }),
  payments: fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 3 }),
  pauseMs: fc.constantFrom(0, 0, hourMs, dayMs, 40 * dayMs),
  isColdStart: fc.boolean(),
})

describe('a table, whatever comes when', () => {
  it('shows the row that was written last', async () => {
    const check = async (steps: readonly (typeof anyStep extends fc.Arbitrary<infer S> ? S : never)[]) => {
      const stream = makeStream(2)
      const expected: Record<string, number | null> = {}
      for (const { rows, payments, pauseMs, isColdStart } of steps) {
        stream.clock.ms += pauseMs
        if (isColdStart) stream.open()
        if (Object.keys(rows).length > 0) await stream.limit(rows)
        Object.assign(expected, rows)
        if (payments.length === 0) continue
        const seen = await stream.pay(...payments)
        assert.deepEqual(
          seen.map(([limit]) => limit),
          payments.map(key => expected[key] ?? undefined),
        )
      }
    }
    await fc.assert(fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), check), { numRuns: 150 })
  })
})
