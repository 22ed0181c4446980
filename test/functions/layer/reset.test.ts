import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { resetLayer } from '#functions/layer/reset.ts'
import { startState } from '#functions/layer/state.ts'
import { readNewestSnapshot, readSnapshot, readState, writeState } from '#functions/layer/store.ts'
import { pipeline } from '#models/pipeline.ts'

const key = 'layers/flights/state.gz'

/** A layer that has learnt: its numbers are not those of a beginning. */
async function open() {
  const store = memoryStore()
  const begun = startState(pipeline)
  const numbers = begun.numbers.map(number => number + 1)
  const totals = { labels: 3, champion: 1, layer: 1, release: 1 }
  const offsets = { 0: { next: 9, newestMs: 8 } }
  const old = { ...begun, version: 7, numbers, totals, offsets, guard: '{}', learntAtMs: 5, log: [[7, [[0, 0, 8]]]] as typeof begun.log }
  await writeState(store, 'flights', { state: old, etag: null })
  const state = async () => (await readState(store, 'flights')).state!
  return { store, old, state }
}

describe('resetLayer', () => {
  it('begins anew as the next version, with nothing learnt', async () => {
    const { store, state } = await open()
    await resetLayer(store, pipeline)
    const { version, numbers, totals, learntAtMs, origin, log } = await state()
    assert.deepEqual([version, learntAtMs, origin, log, totals.labels], [8, 0, null, [], 0])
    assert.deepEqual(numbers, startState(pipeline).numbers)
  })
  it('keeps the old state as a snapshot', async () => {
    const { store, old } = await open()
    await resetLayer(store, pipeline)
    assert.deepEqual(await readSnapshot(store, 'flights', 7), old)
  })
  it('keeps the places of what was learnt, so that it is not learnt again', async () => {
    const { store, old, state } = await open()
    await resetLayer(store, pipeline)
    const { offsets, guard } = await state()
    assert.deepEqual([offsets, guard], [old.offsets, old.guard])
  })
  it('is frozen no more, since it has learnt nothing to decide by', async () => {
    const { store, state } = await open()
    const stored = await readState(store, 'flights')
    await writeState(store, 'flights', { ...stored, state: { ...stored.state!, frozenSinceMs: 4 } })
    await resetLayer(store, pipeline)
    assert.equal((await state()).frozenSinceMs, null)
  })
  it('leaves no older snapshot to be the newest, to which adapt would go back', async () => {
    const { store } = await open()
    await resetLayer(store, pipeline)
    assert.equal((await readNewestSnapshot(store, 'flights'))!.version, 8)
  })
  it('begins anew from a broken state with a version and places after the newest snapshot', async () => {
    const { store, old, state } = await open()
    await resetLayer(store, pipeline)
    await store.put(key, Buffer.from('cut'))
    await resetLayer(store, pipeline)
    const { version, offsets } = await state()
    assert.deepEqual([version, offsets], [1_008, old.offsets])
  })
  it('writes nothing where there is no state', async () => {
    const store = memoryStore()
    assert.deepEqual(await resetLayer(store, pipeline), { before: undefined, after: undefined })
    assert.deepEqual(await store.list(''), [])
  })
})
