import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryState } from '#functions/adapters/memory-state.ts'
import type { StateStore } from '#functions/ports.ts'
import type { EventVisit } from '#functions/state/event-visit.ts'
import type { Wholeness } from '#functions/state/sources.ts'
import { logNames, openFold, readHead, readWholeness } from '#functions/state/stored.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { checkAggregates, checkLateness } from '#models/windows/check.ts'
import { toOp } from '#models/windows/op.ts'
import { planWindows } from '#models/windows/plan.ts'
import { keysRead } from '#models/windows/snapshot.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'

interface Payment {
  readonly atMs: number
  readonly card: string
  readonly shop: string
  readonly cents: number
  readonly weight: number
}

const sources = ['events', 'labels'].map(name => ({ name, timeOf: (row: object) => (row as { atMs: number }).atMs }))
const card = (row: Payment) => row.card
const shop = (row: Payment) => row.shop
const cents = (row: Payment) => row.cents
const over = { over: 'events', windowMs: 100, bucketMs: 10 }
const planOf = (aggregates: object) =>
  planWindows(checkAggregates(aggregates as never, ['events', 'labels']), sources, checkLateness({ allowedMs: 0, later: 'drop' }))
/** Three sums, of which the last is by the card or by the shop: the proof of a snapshot that was misread. */
const sumsBy = (by: (row: Payment) => string) =>
  planOf({
    paid: { ...over, by: card, value: cents, stat: 'sum' },
    paidAtShop: { ...over, by: shop, value: cents, stat: 'sum' },
    weight: { ...over, by, value: (row: Payment) => row.weight, stat: 'sum' },
  })

const payment = (atMs: number, changes: Partial<Payment> = {}): Payment => ({
  atMs,
  card: 'c',
  shop: 's',
  cents: 5,
  weight: 700,
  ...changes,
})

const visitOf = (plan: WindowPlan, offset: number, each: Payment): EventVisit => {
  return { offset, op: toOp(plan.sources[0], { ...each }), keys: () => keysRead(plan, { ...each }), visit: () => true }
}

/** Counts payments one by one, with a snapshot after as many entries. */
async function pay(
  store: StateStore,
  plan: WindowPlan,
  payments: readonly Payment[],
  { snapshotEvery = 1, source = 'x.events-0', firstOffset = 0 } = {},
) {
  const state = makeWindowState({ plan, store, nowMs: () => 0, snapshotEvery })
  for (const [at, each] of payments.entries()) {
    await state.visit(new Map([[source, [visitOf(plan, firstOffset + at, each)]]]))
    await state.snapshot()
  }
}
const fourPayments = [1, 2, 3, 4].map(atMs => payment(atMs))

describe('a snapshot', () => {
  it('of another grouping of the same aggregates is not seen', async () => {
    const [before, after] = [sumsBy(card), sumsBy(shop)]
    const store = memoryState()
    await pay(store, before, fourPayments)
    const asked = { ...payment(5) }
    assert.deepEqual([...(await openFold(store, before)).fold.windows.readValues(asked)], [20, 20, 2_800])
    assert.deepEqual([...(await openFold(store, after)).fold.windows.readValues(asked)], [0, 0, 0])
  })
  it('made for rings of other widths is refused where it is seen after all, and windows say that they are not whole', async () => {
    const before = sumsBy(card)
    const after = { ...sumsBy(shop), layout: before.layout }
    const store = memoryState()
    await pay(store, before, fourPayments)
    const { fold, isLost } = await openFold(store, after)
    assert.deepEqual([isLost, fold.base.number], [true, 4])
    const told: Wholeness[] = []
    const state = makeWindowState({ plan: after, store, nowMs: () => 0, onOpen: wholeness => void told.push(wholeness) })
    await state.visit(new Map([['x.events-0', [visitOf(after, 4, payment(5))]]]))
    assert.deepEqual(told, [{ kind: 'lost', wholeFromMs: null }])
  })
  it('holds a key that is larger than an item', async () => {
    const distinct = { ...over, by: card, stat: 'distinct', windowMs: 1_000, bucketMs: 1 }
    const values = [cents, (row: Payment) => row.weight, (row: Payment) => row.shop]
    const plan = planOf(Object.fromEntries(values.map((value, at) => [`distinct${at}`, { ...distinct, value }])))
    const store = memoryState()
    const payments = Array.from({ length: 1_000 }, (_, atMs) => payment(atMs, { shop: `ü ${atMs}`, cents: atMs, weight: -atMs }))
    await pay(store, plan, payments, { snapshotEvery: 1_000 })
    const [{ index }] = (await openFold(store, plan)).fold.base.slices
    const [{ bytes, itemCount }] = index.pages
    assert.ok(bytes > 700_000 && itemCount > 2, `${bytes} bytes in ${itemCount} items`)
    const whole = memoryState()
    await pay(whole, plan, payments, { snapshotEvery: 10_000 })
    const asked = { ...payment(1_000) }
    assert.deepEqual((await openFold(store, plan)).fold.windows.read(asked), (await openFold(whole, plan)).fold.windows.read(asked))
  })
  it('tells how far a partition has been counted, though only older entries of it are left', async () => {
    const plan = sumsBy(card)
    const store = memoryState()
    await pay(store, plan, fourPayments)
    const log = logNames(plan).of('x.events-0')
    const ending: StateStore = {
      ...store,
      readLast: async name => (name === log ? (await store.read([{ log, number: 2 }]))[0] : store.readLast(name)),
    }
    assert.deepEqual(await readHead(ending, plan, 'x.events-0'), { number: 4, lastOffset: 3, newestMs: 4 })
  })
})

describe('windows that began empty', () => {
  it('say from which event on they are whole', async () => {
    const plan = sumsBy(card)
    const store = memoryState()
    assert.deepEqual(await readWholeness(store, plan), { kind: 'none', wholeFromMs: null })
    await pay(store, plan, [payment(1_000)])
    await pay(store, plan, [payment(1_020)], { source: 'x.events-1' })
    assert.deepEqual(await readWholeness(store, plan), { kind: 'warming', wholeFromMs: 1_020 + plan.retainMs })
  })
  it('say so to the function that first looks at them', async () => {
    const plan = sumsBy(card)
    const told: Wholeness[] = []
    const state = makeWindowState({ plan, store: memoryState(), nowMs: () => 0, onOpen: wholeness => void told.push(wholeness) })
    for (const offset of [0, 1]) {
      await state.visit(new Map([['x.events-0', [visitOf(plan, offset, payment(50))]]]))
    }
    assert.deepEqual(told, [{ kind: 'warming', wholeFromMs: 50 + plan.retainMs }])
  })
  it('are not made younger by a partition that was silent at the beginning', async () => {
    const plan = sumsBy(card)
    const store = memoryState()
    await pay(store, plan, [payment(1_000)])
    const state = makeWindowState({ plan, store, nowMs: () => 86_400_000 })
    await state.visit(new Map([['x.events-1', [visitOf(plan, 0, payment(90_000))]]]))
    assert.deepEqual(await readWholeness(store, plan), { kind: 'warming', wholeFromMs: 1_000 + plan.retainMs })
  })
})
