import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryState } from '#functions/adapters/memory-state.ts'
import type { StateStore } from '#functions/ports.ts'
import { type Cut, toEntry } from '#functions/state/entry.ts'
import type { EventVisit } from '#functions/state/event-visit.ts'
import { kindOf } from '#functions/state/fold.ts'
import { toHash } from '#functions/state/hash.ts'
import { readSources } from '#functions/state/sources.ts'
import { logNames, openFold } from '#functions/state/stored.ts'
import { makeWindowState, type WindowState, type WindowStateOptions } from '#functions/state/window-state.ts'
import { checkAggregates, checkLateness } from '#models/windows/check.ts'
import { toOp } from '#models/windows/op.ts'
import { planWindows, repeatJoin } from '#models/windows/plan.ts'
import { keysRead } from '#models/windows/snapshot.ts'
import { openWindows, type Windows } from '#models/windows/windows.ts'

interface Row {
  readonly id: string
  readonly atMs: number
  readonly key: string
  readonly other: string
  readonly third: string
  readonly value: number
}

/** The first eight are four pairs of one hash each. */
const keys = ['7yzx', 'e6ad', '7yzy', 'e6ae', '7yzz', 'e6af', '7yzt', 'e6ah', '', '__proto__', 'toString', 'k'.repeat(1_024), '\ud800']
const ofKey = (row: Row) => row.key
const ofOther = (row: Row) => row.other
const value = (row: Row) => row.value
const sources = [
  ...['events', 'labels'].map(name => ({ name, timeOf: (row: object) => (row as Row).atMs })),
  { name: 'limits', timeOf: () => 0 },
]
const over = { by: ofKey, read: ofKey, value, windowMs: 100, bucketMs: 10 }
const aggregates = {
  mean: { ...over, over: 'labels', stat: 'mean' },
  last: { ...over, over: 'labels', stat: 'last', read: ofOther },
  variance: { ...over, over: 'labels', stat: 'variance', by: ofOther, windowMs: 50 },
  shops: { ...over, over: 'events', stat: 'distinct' },
  max: { ...over, over: 'events', stat: 'max', bucketMs: 20 },
  count: { over: 'events', by: (row: Row) => row.third, read: ofKey, stat: 'count', windowMs: 100, bucketMs: 10 },
}
const join = (more: object) => ({ by: ofKey as never, read: ofKey as never, afterMs: 0, row: (row: object) => row, ...more })
const plan = planWindows(
  checkAggregates(aggregates as never, ['events', 'labels']),
  sources,
  checkLateness({ allowedMs: 40, later: 'amend' }),
  [
    join({ name: 'lastLabel', source: 1, beforeMs: 60 }),
    join({ name: 'limits', source: 2, beforeMs: Number.POSITIVE_INFINITY }),
    join({ name: repeatJoin, source: 0, beforeMs: 50, afterMs: 50, row: () => 1, by: (row: Row) => row.id, read: (row: Row) => row.id }),
  ] as never,
)

/** All that an event sees, as text. */
function look(windows: Windows, row: Row): string {
  const event = { ...row }
  return JSON.stringify([[...windows.readValues(event)], windows.readRows(event), windows.isRepeat(event)])
}

/** How a function keeps the windows of keys: all of them, none longer than a batch with a key a page, or some of each. */
const ways: Readonly<Record<string, Partial<WindowStateOptions>>> = {
  'all held': {},
  'no key held longer than a batch, and a key a page': { wholeBytes: -1, memoryBytes: 0, pageBytes: 1, slicePages: 3, slicesAtOnce: 2 },
  'all held until they take too much, in pages of a few keys': { memoryBytes: 3_000, pageBytes: 700, slicePages: 2, slicesAtOnce: 1 },
}

type Records = ReadonlyMap<string, readonly { readonly offset: number; readonly row: Row }[]>

async function deliver(state: WindowState, kind: number, records: Records, see: (place: string, seen: string) => void) {
  const op = (row: Row) => toOp(plan.sources[kind], { ...row }, row.key)
  if (kind > 0) {
    await state.count(new Map([...records].map(([source, rows]) => [source, rows.map(({ offset, row }) => ({ offset, op: op(row) }))])))
    return
  }
  const visits = [...records].map(([source, rows]): [string, EventVisit[]] => [
    source,
    rows.map(({ offset, row }) => ({
      offset,
      op: op(row),
      keys: () => keysRead(plan, { ...row }),
      visit: windows => {
        see(`${source} ${offset}`, look(windows, row))
        return true
      },
    })),
  ])
  await state.visit(new Map(visits))
  await state.snapshot()
}

/** What each event saw by the logs alone: all entries of its cut in memory, and the events of its own entry before it. */
async function readTruth(store: StateStore): Promise<ReadonlyMap<string, string>> {
  const logs = logNames(plan)
  const names = await readSources(store, logs.sources, 0)
  const entries = new Map<string, Awaited<ReturnType<typeof readEntries>>>()
  const readEntries = async (source: string) => (await store.readAfter(logs.of(source), 0)).map(toEntry)
  for (const name of names) entries.set(name, await readEntries(name))
  const foldTo = (cut: Cut) => {
    const windows = openWindows(plan)
    for (const [name, number] of Object.entries(cut)) {
      for (const { ops } of entries.get(name)!.slice(0, number)) for (const { op } of ops) windows.apply(kindOf(plan, name), op)
    }
    return windows
  }
  const truth = new Map<string, string>()
  for (const name of names.filter(name => kindOf(plan, name) === 0)) {
    for (const { number, cut, ops } of entries.get(name)!) {
      const windows = foldTo({ ...cut, [name]: number - 1 })
      for (const { offset, op } of ops) {
        truth.set(`${name} ${offset}`, look(windows, rowAt(name, offset)))
        windows.apply(0, op)
      }
    }
  }
  return truth
}

const rowCount = 40
const seeds: Readonly<Record<string, number>> = { 'x.events-0': 1, 'x.events-1': 2, 'x.labels-0': 3, 'x.labels-1': 4, 'x.limits-0': 5 }

/** The record at an offset of a partition: times go forth and back, and step over all that windows hold once in a while. */
function rowAt(source: string, offset: number): Row {
  const seed = seeds[source]
  const at = offset / 3
  const pick = (factor: number) => keys[(at * factor + seed * 5 + (at >> 2)) % keys.length]
  const jump = at > 25 ? 300 : 0
  return {
    id: `i${(at + seed) % 9}`,
    atMs: at * 4 + ((at * 37 + seed * 13) % 50) + jump,
    key: pick(7),
    other: pick(3),
    third: pick(5),
    value: (at * 7) % 11,
  }
}

const anyStep = fc.record({
  topic: fc.constantFrom('events', 'events', 'labels', 'limits'),
  partitions: fc.constantFrom([0], [1], [0, 1], [1, 0]),
  count: fc.integer({ min: 1, max: 6 }),
  instance: fc.nat(2),
  fault: fc.constantFrom('none', 'none', 'none', 'again', 'twin', 'storeFails', 'answerLost', 'coldStart'),
  failingCall: fc.nat(12),
  back: fc.nat(4),
})
type Step = typeof anyStep extends fc.Arbitrary<infer S> ? S : never
const topics = ['events', 'labels', 'limits']

/** A store whose call of that number, from when it is told so, fails before or after it is done. */
function failingStore(store: StateStore) {
  let failIn = -1
  let isDoneFirst = false
  const failing =
    <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) =>
    async (...args: Args) => {
      const isFailing = failIn-- === 0
      if (isFailing && !isDoneFirst) throw new Error('the table is out of reach')
      const answer = await call(...args)
      if (isFailing) throw new Error('the answer was lost')
      return answer
    }
  return {
    store: {
      read: failing(store.read),
      readAfter: failing(store.readAfter),
      readLast: failing(store.readLast),
      append: failing(store.append),
      put: failing(store.put),
      expire: failing(store.expire),
    },
    failAt(call: number, isDone: boolean) {
      failIn = call
      isDoneFirst = isDone
    },
  }
}

async function run(steps: readonly Step[], options: Partial<WindowStateOptions>): Promise<void> {
  const memory = memoryState()
  const { store, failAt } = failingStore(memory)
  const open = () => makeWindowState({ plan, store, nowMs: () => 0, snapshotEvery: 3, ...options })
  const instances = [open(), open(), open()]
  const committed: Record<string, number> = {}
  const sent: [place: string, seen: string][] = []
  const cut = (topic: string, partitions: readonly number[], length: number, back: number): Records =>
    new Map(
      (topic === 'limits' ? [0] : partitions).flatMap(partition => {
        const source = `x.${topic}-${partition}`
        const from = Math.max(0, (committed[source] ?? 0) - back)
        const ats = Array.from({ length: Math.min(back + length, rowCount - from) }, (_, at) => (from + at) * 3)
        return ats.length > 0 ? [[source, ats.map(offset => ({ offset, row: rowAt(source, offset) }))] as const] : []
      }),
    )
  for (const { topic, partitions, count, instance, fault, failingCall, back } of steps) {
    const records = cut(topic, partitions, count, back)
    if (fault === 'coldStart') instances[instance] = open()
    if (fault === 'storeFails' || fault === 'answerLost') failAt(failingCall, fault === 'answerLost')
    const see = (place: string, seen: string) => void seenNow.push([place, seen])
    let seenNow: typeof sent = []
    const work = [instances[instance], ...(fault === 'twin' ? [instances[(instance + 1) % 3]] : [])].map(state => {
      return deliver(state, topics.indexOf(topic), records, see)
    })
    const outcomes = await Promise.allSettled(work)
    failAt(-1, false)
    if (outcomes.some(({ status }) => status === 'rejected')) continue
    // of what a twin saw before it met the other one nothing is sent: each goes alone here, so the last look counts
    if (fault !== 'twin') sent.push(...new Map(seenNow))
    seenNow = []
    if (fault === 'again') continue
    for (const [source, rows] of records) committed[source] = Math.max(committed[source] ?? 0, rows.at(-1)!.offset / 3 + 1)
  }
  const truth = await readTruth(memory)
  for (const [place, seen] of sent) assert.equal(seen, truth.get(place), place)
  const everything = (await openFold(memory, plan)).fold.windows
  const straight = openWindows(plan)
  for (const name of await readSources(memory, logNames(plan).sources, 0)) {
    for (const item of await memory.readAfter(logNames(plan).of(name), 0)) {
      for (const { op } of toEntry(item).ops) straight.apply(kindOf(plan, name), op)
    }
  }
  const asked = keys.flatMap(key => [100, 200, 500].map((atMs): Row => ({ id: 'i1', atMs, key, other: key, third: key, value: 0 })))
  assert.deepEqual(
    asked.map(row => look(everything, row)),
    asked.map(row => look(straight, row)),
  )
}

describe('the keys of this test', () => {
  it('are pairs of one hash', () => assert.equal(new Set(keys.slice(0, 8).map(toHash)).size, 4))
})

for (const [way, options] of Object.entries(ways)) {
  describe(`windows with ${way}`, () => {
    it('show each event what the logs say, whatever fails, repeats, or begins anew', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), steps => run(steps, options)),
        { numRuns: 120 },
      )
    })
  })
}
