import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { makeModelsInService } from '#functions/bundles/models-in-service.ts'
import { changePointer, toPromoted, writeBundle } from '#functions/bundles/registry.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBundle } from '../../make-bundle.ts'
import { open } from './models-fixture.ts'

describe('makeModelsInService without a champion', () => {
  it('throws while it has no champion and has not seen that there is none, at every call, and serves when the store is back', async () => {
    const { serve, now, later, setBroken } = open()
    await serve('v1')
    setBroken(true)
    for (const look of [now, now, later]) {
      await assert.rejects(look(), { code: 'MODELS_UNKNOWN', retryable: true, message: /S3 is away/ })
    }
    setBroken(false)
    assert.equal((await now()).champion?.version, 'v1')
  })
  it('throws where it can read the pointer and not the bundle, also after there was no pointer', async () => {
    const store = memoryStore()
    let nowMs = 0
    const get = async (key: string) => {
      if (key.startsWith('bundles/')) throw new Error('503 SlowDown')
      return store.get(key)
    }
    const models = makeModelsInService({
      pipeline,
      store: { get },
      load: loadOnnx,
      checkEveryMs: 1000,
      nowMs: () => nowMs,
      report: () => {},
    })
    assert.deepEqual(await models(), {})
    await changePointer(store, 'flights', () => toPromoted(null, { version: 'v1', reason: '', nowMs: 0 }))
    nowMs = 1001
    await assert.rejects(models(), { code: 'MODELS_UNKNOWN', message: /503 SlowDown/ })
  })
  it('serves nothing where it saw that there is no pointer, also while the store is away afterwards', async () => {
    const { later, setBroken } = open()
    assert.deepEqual(await later(), {})
    setBroken(true)
    assert.deepEqual(await later(), {})
  })
  it('says where a champion is named and none proved itself', async () => {
    const { serve, later, store } = open()
    await serve('v1', { goldenScore: 0.123 })
    assert.deepEqual(await later(), { isRefused: true })
    assert.deepEqual(await later(), { isRefused: true })
    await writeBundle(store, makeBundle('v2'))
    await changePointer(store, pipeline.name, champion => toPromoted(champion, { version: 'v2', reason: 'test', nowMs: 9 }))
    assert.equal((await later()).champion?.version, 'v2')
  })
})
