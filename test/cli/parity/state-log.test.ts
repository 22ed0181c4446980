import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryState } from '#functions/adapters/memory-state.ts'
import type { StateStore } from '#functions/ports.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { pipeline } from '#models/pipeline.ts'
import { toOp } from '#models/windows/op.ts'
import { keysRead } from '#models/windows/snapshot.ts'
import { makeStateLog } from '../../../cli/parity/state-log.ts'
import { flight, landing } from '../../fixtures.ts'

const plan = pipeline.windows!
const [events, labels] = ['events', 'labels'].map(name => plan.sources.find(source => source.name === name)!)

/** A state whose batches of events hold the offsets `10 * n` to `10 * n + 9`, with a label before each; both of partition 0. */
async function openState(batchCount: number, { snapshotEvery = 1_000 } = {}) {
  const store = memoryState()
  const state = makeWindowState({ plan, store, nowMs: () => 0, snapshotEvery })
  const label = { op: toOp(labels, landing) }
  const event = { op: toOp(events, flight), keys: () => keysRead(plan, flight), visit: () => true }
  const visit = (source: string, first: number, count: number) =>
    state.visit(new Map([[source, Array.from({ length: count }, (_, at) => ({ ...event, offset: first + at }))]]))
  const count = (source: string, offset: number) => state.count(new Map([[source, [{ ...label, offset }]]]))
  await count('flights.labels-1', 500) // and never again
  for (let batch = 0; batch < batchCount; batch++) {
    await count('flights.labels-0', batch * 3)
    await visit('flights.events-0', batch * 10, 10)
    await state.snapshot()
  }
  return { store, visit }
}

async function read(store: StateStore, firstOffset: number, lastOffset: number) {
  const entries = []
  for await (const { seen, ...entry } of makeStateLog(store, plan).entriesOf('flights.events-0', firstOffset, lastOffset)) {
    entries.push({ ...entry, seen: seen && Object.fromEntries(seen) })
  }
  return entries
}

/** The store without the items that the filter leaves out, as after their time to live. */
function forget(store: StateStore, isGone: (log: string, number: number) => boolean): StateStore {
  return { ...store, read: async places => (await store.read(places)).filter(({ log, number }) => !isGone(log, number)) }
}

describe('entriesOf', () => {
  it('gives the entries that hold the offsets, with the last offset of each other partition that they had seen', async () => {
    const { store } = await openState(100)
    assert.deepEqual(await read(store, 415, 430), [
      { firstOffset: 410, lastOffset: 419, seen: { 'flights.labels-0': 123, 'flights.labels-1': 500 } },
      { firstOffset: 420, lastOffset: 429, seen: { 'flights.labels-0': 126, 'flights.labels-1': 500 } },
      { firstOffset: 430, lastOffset: 439, seen: { 'flights.labels-0': 129, 'flights.labels-1': 500 } },
    ])
    assert.equal((await read(store, 0, 10_000)).length, 100)
  })
  it('gives nothing of offsets after the last entry, or of a partition without any', async () => {
    const { store } = await openState(3)
    assert.deepEqual(await read(store, 30, 40), [])
    assert.deepEqual(await read(memoryState(), 0, 10), [])
  })
  it('begins where the kept entries begin', async () => {
    const { store } = await openState(100)
    const entries = await read(
      forget(store, (log, number) => log.endsWith('flights.events-0') && number <= 60),
      100,
      650,
    )
    assert.deepEqual([entries[0].firstOffset, entries[0].lastOffset, entries.length], [600, 609, 6])
  })
  it('does not know what was seen where the entry of another partition is gone', async () => {
    const { store } = await openState(3)
    const entries = await read(
      forget(store, (log, number) => log.endsWith('flights.labels-0') && number === 2),
      0,
      29,
    )
    assert.deepEqual(
      entries.map(({ seen }) => seen !== undefined),
      [true, false, true],
    )
  })
  it('knows by the newest snapshot how far a partition had been counted that fell silent long ago', async () => {
    const { store } = await openState(6, { snapshotEvery: 5 })
    const isGone = (log: string) => log.endsWith('flights.labels-1')
    const [entry] = await read(forget(store, isGone), 0, 9)
    assert.equal(entry.seen?.['flights.labels-1'], 500)
  })
})
