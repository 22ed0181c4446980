import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { makeCurrentLayer } from '#functions/layer/current.ts'
import { type LayerState, startState } from '#functions/layer/state.ts'
import { readState, writeState } from '#functions/layer/store.ts'
import { toLayerShape } from '#models/layer/row-reader.ts'
import { parseTrace } from '#models/layer/trace.ts'
import { pipeline } from '#models/pipeline.ts'
import { yesNoLink } from '#models/task/yes-no/link.ts'
import { makePrediction } from '../../fixtures.ts'

const learnt = (changes: Partial<LayerState> = {}): LayerState => ({ ...startState(pipeline), version: 1, learntAtMs: 1_000, ...changes })

function open(of = pipeline) {
  const store = memoryStore()
  const clock = { nowMs: 2_000 }
  const reports: string[] = []
  let reads = 0
  const layerNow = makeCurrentLayer({
    pipeline: of,
    store: {
      get: key => {
        reads++
        return store.get(key)
      },
    },
    checkEveryMs: 1_000,
    nowMs: () => clock.nowMs,
    report: ({ reason }) => reports.push(reason),
  })
  const put = async (state: LayerState) => writeState(store, pipeline.name, { state, etag: (await readState(store, pipeline.name)).etag })
  return { layerNow, store, clock, reports, put, reads: () => reads }
}

describe('makeCurrentLayer', () => {
  it('gives a layer that scores a row, and its trace', async () => {
    const { layerNow, put } = open()
    await put(learnt())
    const layer = await layerNow()
    assert.ok(typeof layer !== 'string')
    const { atMs, features, score } = makePrediction()
    const own = layer.score({ atMs, features, championScore: score })
    assert.equal(own.version, 1)
    const trace = parseTrace(toLayerShape(pipeline.features, []), yesNoLink, own)
    assert.ok(trace && Math.abs(trace[trace.length - 1] - own.score) < 1e-6)
  })
  it('looks at most once a second, and takes what is new', async () => {
    const { layerNow, put, clock, reads } = open()
    await put(learnt())
    await layerNow()
    await layerNow()
    assert.equal(reads(), 1)
    await put(learnt({ version: 2 }))
    clock.nowMs += 1_000
    const layer = await layerNow()
    assert.ok(typeof layer !== 'string' && layer.version === 2)
  })
  it('says that there is none, before the first label and where the definition has none', async () => {
    assert.equal(await open().layerNow(), 'none')
    assert.equal(await open({ ...pipeline, layer: undefined }).layerNow(), 'off')
  })
  it('leaves a state of another definition or of other settings alone, and says so once', async () => {
    for (const changes of [{ definition: 'other' }, { settings: 'other' }]) {
      const { layerNow, put, clock, reports } = open()
      await put(learnt(changes))
      assert.equal(await layerNow(), 'other definition')
      clock.nowMs += 1_000
      await layerNow()
      assert.equal(reports.length, 1)
    }
  })
  it('leaves a state that is cut alone', async () => {
    const { layerNow, put, store, reports } = open()
    await put(learnt())
    const { body } = (await store.get('layers/flights/state'))!
    await store.put('layers/flights/state', body.subarray(0, 5_000))
    assert.equal(await layerNow(), 'broken')
    assert.match(reports[0], /its checksum is wrong/)
  })
  it('lets the champion decide alone once nothing was learnt for too long, unless it is frozen', async () => {
    const staleAfterMs = pipeline.layer!.staleAfterMs
    const { layerNow, put, clock } = open()
    await put(learnt())
    clock.nowMs = 1_000 + staleAfterMs
    assert.notEqual(await layerNow(), 'stale')
    clock.nowMs += 1
    assert.equal(await layerNow(), 'stale')
    await put(learnt({ version: 2, frozenSinceMs: 1_500 }))
    clock.nowMs += 1_000
    assert.ok(typeof (await layerNow()) !== 'string')
  })
  it('goes on with what it has where the store does not answer', async () => {
    const { layerNow, put, store, clock, reports } = open()
    await put(learnt())
    await layerNow()
    store.get = async () => {
      throw new Error('timed out')
    }
    clock.nowMs += 1_000
    assert.ok(typeof (await layerNow()) !== 'string')
    assert.deepEqual(reports, ['timed out'])
  })
  it('is unread where the store has not answered yet', async () => {
    const { layerNow, store } = open()
    store.get = async () => {
      throw new Error('timed out')
    }
    assert.equal(await layerNow(), 'unread')
  })
})
