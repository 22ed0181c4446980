// Over 300 lines because the properties that hold of the whole state stand in one place.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryState } from '#functions/adapters/memory-state.ts'
import type { StateStore } from '#functions/ports.ts'
import type { EventVisit } from '#functions/state/event-visit.ts'
import { logNames, openFold, readKnowledge } from '#functions/state/stored.ts'
import { makeWindowState, type WindowState } from '#functions/state/window-state.ts'
import { checkAggregates, checkLateness } from '#models/windows/check.ts'
import { toOp } from '#models/windows/op.ts'
import { planWindows } from '#models/windows/plan.ts'
import { keysRead } from '#models/windows/snapshot.ts'
import { openWindows, type Windows } from '#models/windows/windows.ts'

interface Row {
  readonly atMs: number
  readonly key: string
  readonly value: number
}

const sources = ['events', 'labels'].map(name => ({ name, timeOf: (record: Readonly<Record<string, unknown>>) => record.atMs as number }))
const key = (row: Row) => row.key
const over = { by: key, read: key, value: (row: Row) => row.value, windowMs: 100, bucketMs: 10 }
const aggregates = {
  mean: { ...over, over: 'labels', stat: 'mean' },
  max: { ...over, over: 'labels', stat: 'max' },
  variance: { ...over, over: 'labels', stat: 'variance' },
  distinct: { ...over, over: 'labels', stat: 'distinct' },
  last: { ...over, over: 'labels', stat: 'last' },
  ewma: { ...over, over: 'events', stat: 'ewma' },
  events: { ...over, over: 'events', stat: 'count' },
}
const keyOf = key as never
const lastLabel = { name: 'lastLabel', source: 1, by: keyOf, read: keyOf, beforeMs: 60, afterMs: 0, row: (label: object) => label }
const planOf = (changes: object = {}, lateness: object = {}) =>
  planWindows(
    checkAggregates({ ...aggregates, ...changes } as never, ['events', 'labels']),
    sources,
    checkLateness({ allowedMs: 200, later: 'drop', ...lateness }),
    [lastLabel],
  )
const plan = planOf()

type Records = ReadonlyMap<string, readonly { readonly offset: number; readonly row: Row }[]>
const row = (atMs: number, key = 'a', value = 1): Row => ({ atMs, key, value })
const opOf = (kind: number, row: Row, of = plan) => toOp(of.sources[kind], { ...row })
const batch = (source: string, firstOffset: number, ...rows: readonly Row[]): Records => {
  return new Map([[source, rows.map((each, at) => ({ offset: firstOffset + at, row: each }))]])
}

/** Delivers a batch of events; what each saw, by source and offset. */
async function visit(state: WindowState, records: Records, of = plan) {
  const seen: Record<string, unknown> = {}
  const visits = [...records].map(([source, rows]): [string, EventVisit[]] => [
    source,
    rows.map(({ offset, row }) => ({
      offset,
      op: opOf(0, row, of),
      keys: () => keysRead(of, { ...row }),
      visit: (windows, isLate) => {
        seen[`${source} ${offset}`] = [...windows.readValues({ ...row }), windows.readRows({ ...row }), isLate]
        return true
      },
    })),
  ])
  const counts = await state.visit(new Map(visits))
  return { seen, counts }
}

function count(state: WindowState, records: Records, of = plan) {
  return state.count(
    new Map([...records].map(([source, rows]) => [source, rows.map(({ offset, row }) => ({ offset, op: opOf(1, row, of) }))])),
  )
}

const nowMs = () => 0
const open = (store: StateStore, options: Partial<Parameters<typeof makeWindowState>[0]> = {}) =>
  makeWindowState({ plan, store, nowMs, ...options })

/** What every stored record adds up to. */
async function answers(store: StateStore, of = plan) {
  const windows = (await openFold(store, of)).fold.windows
  return asked.map(each => [...windows.readValues({ ...each }), windows.readRows({ ...each })])
}
const asked = Array.from({ length: 40 }, (_, at) => ['a', 'b'].map(key => row(at * 10, key))).flat()

describe('makeWindowState', () => {
  it('shows an event the labels of all partitions, and the events before it', async () => {
    const store = memoryState()
    await count(open(store), batch('x.labels-0', 0, row(1, 'a', 4)))
    await count(open(store), batch('x.labels-1', 0, row(2, 'a', 6), row(3, 'b', 9)))
    const { seen } = await visit(open(store), batch('x.events-0', 0, row(10), row(12)))
    const [[mean, max, , distinct], [, , , , , , events]] = Object.values(seen) as number[][]
    assert.deepEqual([mean, max, distinct, events], [5, 6, 2, 1])
  })
  it('counts nothing twice: a batch again, and one cut elsewhere', async () => {
    const store = memoryState()
    const state = open(store)
    await count(state, batch('x.labels-0', 0, row(1), row(2), row(3)))
    assert.equal((await count(state, batch('x.labels-0', 0, row(1), row(2), row(3)))).repeated, 3)
    assert.equal((await count(open(store), batch('x.labels-0', 2, row(3), row(4)))).repeated, 1)
    const { seen } = await visit(open(store), batch('x.events-0', 0, row(10)))
    assert.equal((Object.values(seen)[0] as number[])[3], 1)
    assert.equal((await answers(store)).length, 80)
    const clean = memoryState()
    await count(open(clean), batch('x.labels-0', 0, row(1), row(2), row(3), row(4)))
    await visit(open(clean), batch('x.events-0', 0, row(10)))
    assert.deepEqual(await answers(store), await answers(clean))
  })
  it('shows an event that comes again what it saw the first time, whatever has been counted since', async () => {
    const store = memoryState()
    await count(open(store), batch('x.labels-0', 0, row(1, 'a', 4)))
    const state = open(store)
    const first = await visit(state, batch('x.events-0', 0, row(20), row(21), row(22)))
    await count(open(store), batch('x.labels-0', 1, row(2, 'a', 8)))
    await visit(open(store), batch('x.events-1', 0, row(20), row(21)))
    await visit(state, batch('x.events-0', 3, row(23)))
    for (const again of [state, open(store)]) {
      const { seen, counts } = await visit(again, batch('x.events-0', 1, row(21), row(22), row(23)))
      assert.equal(counts.repeated, 3)
      assert.deepEqual(seen['x.events-0 1'], first.seen['x.events-0 1'])
      assert.deepEqual(seen['x.events-0 2'], first.seen['x.events-0 2'])
    }
  })
  it('drops, amends or reports what is later than the lateness allows, and counts it', async () => {
    for (const [later, dropped, amended, events] of [
      ['drop', 1, 0, 0],
      ['reject', 1, 0, 0],
      ['amend', 0, 1, 1],
    ] as const) {
      const of = planOf({}, { allowedMs: 50, later })
      const store = memoryState()
      const state = open(store, { plan: of })
      const { seen, counts } = await visit(state, batch('x.events-0', 0, row(500), row(449), row(499, 'b'), row(450)), of)
      assert.deepEqual([counts.lateDropped, counts.lateAmended], [dropped, amended])
      assert.deepEqual(
        Object.values(seen).map(values => (values as unknown[]).at(-1)),
        [false, true, false, false],
      )
      assert.equal((seen['x.events-0 3'] as number[])[6], events)
    }
  })
  it('writes snapshots from which a new instance goes on', async () => {
    const store = memoryState()
    const state = open(store, { snapshotEvery: 3 })
    let written = 0
    for (let at = 0; at < 10; at++) {
      await count(state, batch('x.labels-0', at, row(at * 10, 'a', at)))
      await visit(state, batch('x.events-0', at, row(at * 10 + 5, 'b')))
      written += Number(await state.snapshot())
    }
    assert.ok(written >= 3, String(written))
    let entriesRead = 0
    const counting: StateStore = {
      ...store,
      readAfter: async (log, number) => {
        const items = await store.readAfter(log, number)
        if (log.endsWith('-0')) entriesRead += items.length
        return items
      },
    }
    assert.deepEqual(await answers(counting), await answers(store))
    assert.ok(entriesRead < 8, String(entriesRead))
  })
  it('does not see the state of other aggregates', async () => {
    const store = memoryState()
    await count(open(store), batch('x.labels-0', 0, row(1)))
    const other = planOf({ more: { ...over, over: 'labels', stat: 'count' } })
    const { seen } = await visit(open(store, { plan: other }), batch('x.events-0', 0, row(20)), other)
    assert.equal((Object.values(seen)[0] as unknown[])[0], Number.NaN)
  })
  it('shows the state of now, and says so, where the state of then is forgotten', async () => {
    const store = memoryState()
    await visit(open(store), batch('x.events-0', 0, row(20)))
    await visit(open(store), batch('x.events-0', 1, row(21)))
    const forgetful: StateStore = { ...store, read: async places => (await store.read(places)).filter(({ number }) => number > 1) }
    const { counts } = await visit(open(forgetful), batch('x.events-0', 0, row(20), row(21)))
    assert.deepEqual([counts.repeated, counts.stateGone], [2, 2])
  })
  it('keeps what each run of events had known, so that its features can be made again from the archive', async () => {
    const store = memoryState()
    const landings = Array.from({ length: 6 }, (_, at) => row(at, 'a', at))
    const [early, late] = [landings.slice(0, 4), landings.slice(4)]
    await count(open(store), batch('x.labels-0', 10, ...early))
    await visit(open(store), batch('x.events-1', 0, row(20)))
    const first = await visit(open(store), batch('x.events-0', 0, row(20), row(21)))
    await count(open(store), batch('x.labels-0', 14, ...late))
    await visit(open(store), batch('x.events-0', 2, row(22)))
    const runs = await readKnowledge(store, plan, 'x.events-0')
    assert.deepEqual(runs, [
      { lastOffset: 1, known: { 'x.labels-0': 13, 'x.events-1': 0 } },
      { lastOffset: 2, known: { 'x.labels-0': 15, 'x.events-1': 0, 'x.events-0': 1 } },
    ])
    const again = openWindows(plan)
    for (const each of early) again.applyLabel({ ...each })
    again.applyEvent({ ...row(20) })
    assert.deepEqual(first.seen['x.events-0 0'], [...again.readValues({ ...row(20) }), again.readRows({ ...row(20) }), false])
  })
  it('takes the first batches of fifty partitions at once', async () => {
    const store = memoryState()
    const partitions = Array.from({ length: 50 }, (_, at) => at)
    await Promise.all(partitions.map(at => count(open(store), batch(`x.labels-${at}`, 0, row(at, 'a', at)))))
    const { seen } = await visit(open(store), batch('x.events-0', 0, row(50)))
    assert.deepEqual((Object.values(seen)[0] as number[]).slice(0, 2), [24.5, 49])
  })
  it('rejects, to be tried again, where others always write first', async () => {
    const store = memoryState()
    const busy: StateStore = { ...store, append: async item => (item.log.includes('sources') ? store.append(item) : false) }
    const message = /x\.events-0 was written by others 8 times in a row/
    await assert.rejects(visit(open(busy), batch('x.events-0', 0, row(1))), { code: 'STORE_FAILED', retryable: true, message })
    await assert.rejects(count(open(busy), batch('x.labels-0', 0, row(1))), { code: 'STORE_FAILED' })
  })
  it('cuts what is too large for one item', async () => {
    const store = memoryState()
    const long = Array.from({ length: 6_000 }, (_, at) => row(at / 60, `${'k'.repeat(100)}${at}`))
    await count(open(store), batch('x.labels-0', 0, ...long))
    const items = await store.readAfter(logNames(plan).of('x.labels-0'), 0)
    assert.ok(items.length > 1 && items.every(({ body }) => body.length <= 350_000))
    assert.equal((await count(open(store), batch('x.labels-0', 0, ...long))).repeated, 6_000)
  })
  it('takes a million distinct keys in one batch, in items that fit, holds those that are asked for, and forgets them when their time has passed', async () => {
    const counted = checkAggregates({ count: { ...over, over: 'labels', stat: 'count' } } as never, ['events', 'labels'])
    const of = planWindows(counted, sources, checkLateness({ allowedMs: 200, later: 'drop' }))
    const store = memoryState()
    const keyCount = 1_000_000
    const ops = Array.from({ length: keyCount }, (_, offset) => ({ offset, op: opOf(1, row(offset / keyCount, `k${offset}`), of) }))
    await open(store, { plan: of }).count(new Map([['x.labels-0', ops]]))
    const items = await store.readAfter(logNames(of).of('x.labels-0'), 0)
    assert.ok(items.every(({ body }) => body.length <= 350_000))
    const state = open(store, { plan: of })
    const asked = ['k0', 'k777', `k${keyCount - 1}`, 'never']
    let seen: unknown[] = []
    let held = 0
    const look = async (offset: number, atMs: number) => {
      const visit = (windows: Windows) => {
        seen = asked.map(each => windows.read({ ...row(atMs, each) }).count)
        held = windows.rings(0).size
        return true
      }
      await state.visit(new Map([['x.events-0', [{ offset, op: opOf(0, row(atMs), of), keys: () => asked, visit }]]]))
    }
    await look(0, 10)
    assert.deepEqual([seen, held], [[1, 1, 1, 0], 3])
    await count(open(store, { plan: of }), batch('x.labels-0', keyCount, row(1_000)), of)
    await look(1, 1_010)
    assert.deepEqual(seen, [0, 0, 0, 0])
  })
})

/** One step of a run that goes wrong: which batch of which partitions, by which instance, and what happens to it. */
const anyStep = fc.record({
  kind: fc.constantFrom('events', 'labels'),
  partitions: fc.constantFrom([0], [1], [0, 1], [1, 0]),
  count: fc.integer({ min: 1, max: 5 }),
  instance: fc.nat(2),
  fault: fc.constantFrom('none', 'none', 'none', 'notCommitted', 'twin', 'storeFails', 'answerLost'),
  failingCall: fc.nat(6),
  back: fc.nat(4),
})
const rowsOf = (seed: number) =>
  Array.from({ length: 24 }, (_, at) => row(((at * 37 + seed * 13) % 90) + at * 4, (at + seed) % 3 === 0 ? 'b' : 'a', (at * 7) % 11))

describe('the windows of a run in which batches fail, repeat and meet their twins', () => {
  it('show each event the same every time, and end as in a run without faults', async () => {
    const check = async (steps: readonly (typeof anyStep extends fc.Arbitrary<infer S> ? S : never)[]) => {
      const store = memoryState()
      let failIn = -1
      let isAnswerLost = false
      const faulty: StateStore = {
        ...store,
        append: async item => {
          const isFailing = failIn-- === 0
          if (isFailing && !isAnswerLost) throw new Error('the table is out of reach')
          const isDone = await store.append(item)
          if (isFailing) throw new Error('the answer was lost')
          return isDone
        },
      }
      const instances = [0, 1, 2].map(() => open(faulty, { snapshotEvery: 4 }))
      const committed: Record<string, number> = {}
      const sent: Record<string, unknown> = {}
      const deliver = async (state: WindowState, kind: string, records: Records) => {
        if (kind === 'labels') return void (await count(state, records))
        const { seen } = await visit(state, records)
        for (const [place, values] of Object.entries(seen)) {
          if (Object.hasOwn(sent, place)) assert.deepEqual(values, sent[place], place)
          sent[place] = values
        }
        await state.snapshot()
      }
      const cut = (kind: string, partitions: readonly number[], length: number, back = 0): Records =>
        new Map(
          partitions.map(partition => {
            const source = `x.${kind}-${partition}`
            const from = Math.max(0, (committed[source] ?? 0) - back)
            const all = rowsOf(partition + (kind === 'events' ? 2 : 0)).map((row, offset) => ({ offset: offset * 3, row }))
            return [source, all.slice(from, from + back + length)] as const
          }),
        )
      const commit = (records: Records) => {
        for (const [source, rows] of records)
          committed[source] = Math.max(committed[source] ?? 0, ...rows.map(({ offset }) => offset / 3 + 1))
      }
      const drop = (records: Records): Records => new Map([...records].filter(([, rows]) => rows.length > 0))
      for (const { kind, partitions, count: length, instance, fault, failingCall, back } of steps) {
        const records = drop(cut(kind, partitions, length, back))
        if (fault === 'storeFails' || fault === 'answerLost') {
          failIn = failingCall
          isAnswerLost = fault === 'answerLost'
        }
        const work = [deliver(instances[instance], kind, records)]
        if (fault === 'twin') work.push(deliver(instances[(instance + 1) % 3], kind, records))
        const outcomes = await Promise.allSettled(work)
        failIn = -1
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected' && (outcome.reason as Error).name === 'AssertionError') throw outcome.reason
        }
        if (fault !== 'notCommitted' && outcomes.every(({ status }) => status === 'fulfilled')) commit(records)
      }
      for (const kind of ['labels', 'events']) {
        for (const partition of [0, 1]) await deliver(instances[0], kind, cut(kind, [partition], 24, 24))
      }
      const clean = openWindows(plan)
      for (const partition of [0, 1]) {
        for (const each of rowsOf(partition)) clean.applyLabel({ ...each })
        for (const each of rowsOf(partition + 2)) clean.applyEvent({ ...each })
      }
      const expected = asked.map(each => [...clean.readValues({ ...each }), clean.readRows({ ...each })])
      assert.deepEqual(await answers(store), expected)
    }
    await fc.assert(fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), check), { numRuns: 200 })
  })
})
