import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { changeState } from '#functions/layer/change-state.ts'
import { freezeLayer, unfreezeLayer } from '#functions/layer/freeze.ts'
import { type LayerState, startState } from '#functions/layer/state.ts'
import { readState, writeState } from '#functions/layer/store.ts'
import { pipeline } from '#models/pipeline.ts'

async function open(changes: Partial<LayerState> = {}) {
  const store = memoryStore()
  await writeState(store, 'flights', { state: { ...startState(pipeline), version: 7, learntAtMs: 5, ...changes }, etag: null })
  const state = async () => (await readState(store, 'flights')).state!
  return { store, state }
}

describe('changeState', () => {
  it('changes what another had written meanwhile', async () => {
    const { store, state } = await open()
    let races = 2
    const putIf: typeof store.putIf = async (key, body, etag) => {
      if (races-- > 0) {
        const stored = await readState(store, 'flights')
        await writeState(store, 'flights', { ...stored, state: { ...stored.state!, version: stored.state!.version + 1, learntAtMs: 9 } })
      }
      return store.putIf(key, body, etag)
    }
    const { before, after } = await changeState({ ...store, putIf }, 'flights', ({ state }) => ({ ...state!, version: 100 }))
    assert.deepEqual([before!.version, after!.version], [9, 100])
    assert.equal((await state()).learntAtMs, 9)
  })
  it('throws where others are first again and again, and has changed nothing', async () => {
    const { store, state } = await open()
    const losing = { ...store, putIf: async () => false }
    await assert.rejects(freezeLayer(losing, 'flights', 1), {
      code: 'STORE_FAILED',
      retryable: true,
      message: /written by another 5 times/,
    })
    assert.equal((await state()).version, 7)
  })
})

describe('freezeLayer', () => {
  it('says since when, as a version of its own, and changes nothing else', async () => {
    const { store, state } = await open()
    const before = await state()
    await freezeLayer(store, 'flights', 5)
    assert.deepEqual(await state(), { ...before, version: 8, frozenSinceMs: 5 })
  })
  it('writes nothing where it is frozen already', async () => {
    const { store } = await open({ frozenSinceMs: 5 })
    const { before, after } = await freezeLayer({ ...store, putIf: async () => assert.fail('it must not write') }, 'flights', 9)
    assert.equal(before, after)
    assert.equal(after!.frozenSinceMs, 5)
  })
  it('rejects a layer that has learnt nothing: frozen, it would decide', async () => {
    const { store } = await open({ learntAtMs: 0 })
    await assert.rejects(freezeLayer(store, 'flights', 1), { code: 'PREREQUISITE_MISSING', message: /has learnt nothing yet/ })
  })
  it('rejects where there is no state, and a broken one', async () => {
    const store = memoryStore()
    await assert.rejects(freezeLayer(store, 'flights', 1), { code: 'ARGUMENT_INVALID', message: /has no state yet/ })
    await store.put('layers/flights/state.gz', Buffer.from('cut'))
    await assert.rejects(freezeLayer(store, 'flights', 1), { code: 'LAYER_INVALID' })
  })
})

describe('unfreezeLayer', () => {
  it('is a version of its own that learns', async () => {
    const { store, state } = await open({ frozenSinceMs: 5 })
    await unfreezeLayer(store, 'flights')
    const { version, frozenSinceMs } = await state()
    assert.deepEqual([version, frozenSinceMs], [8, null])
  })
  it('writes nothing where it learns already', async () => {
    const { store } = await open()
    const { before, after } = await unfreezeLayer({ ...store, putIf: async () => assert.fail('it must not write') }, 'flights')
    assert.equal(before, after)
  })
})
