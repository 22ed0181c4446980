import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { type ModelReport, type ModelsInService, makeModelsInService } from '#functions/bundles/models-in-service.ts'
import { changePointer, toChallenged, toPromoted, toShadowed, writeBundle } from '#functions/bundles/registry.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBundle } from '../../make-bundle.ts'
import { type Changes, open } from './models-fixture.ts'

const versions = ({ champion, shadow, challenger }: ModelsInService) => [
  champion?.version,
  shadow?.version,
  challenger?.scorer.version,
  challenger?.share,
]

const broken: readonly [what: string, changes: Changes, reason: RegExp][] = [
  ['made for another definition', { manifest: { definition: 'other' } }, /was made for definition other/],
  ['whose file is not the one of the manifest', { manifest: { sha256: 'abc' } }, /must have sha256 abc, has/],
  ['whose golden rows score otherwise', { goldenScore: 0.123 }, /scores golden row 0 .*, wanted 0\.123/],
  [
    'without golden rows',
    { manifest: { golden: { rows: [], scores: [] } } },
    /must score each of its golden rows once, got 0 scores for 0/,
  ],
  ['of another input width', { manifest: { features: [] } }, /does not score its golden rows/],
  ['that is no ONNX file', { onnx: Buffer.from('not a model') }, /does not load/],
]

describe('makeModelsInService', () => {
  it('serves nothing while there is no pointer', async () => {
    assert.deepEqual(await open().later(), {})
  })
  it('swaps to what the pointer names at its next look', async () => {
    const { serve, later, now, reports } = open()
    await serve('v1')
    assert.equal((await later()).champion?.version, 'v1')
    await serve('v2')
    assert.equal((await now()).champion?.version, 'v1', 'within checkEveryMs it does not look')
    assert.equal((await later()).champion?.version, 'v2')
    assert.deepEqual(
      reports.map(report => report.kind),
      ['swapped', 'swapped'],
    )
  })
  it('leaves a batch the models it began with', async () => {
    const { serve, later } = open()
    await serve('v1')
    const taken = await later()
    await serve('v2')
    await later()
    assert.equal(taken.champion?.version, 'v1')
    assert.equal((await taken.champion!.score([[]])).length, 1, 'its session is still there')
  })
  it('serves the shadow and the challenger that the pointer names, and reports when they end', async () => {
    const { serve, write, change, later, reports } = open()
    await serve('v1')
    await write('v2')
    await write('v3')
    await change(champion => toChallenged(toShadowed(champion, { version: 'v2', nowMs: 1 }), { version: 'v3', share: 0.2, nowMs: 1 }))
    assert.deepEqual(versions(await later()), ['v1', 'v2', 'v3', 0.2])
    await change(champion => toChallenged(champion, { version: 'v3', share: 0.5, nowMs: 2 }))
    assert.deepEqual(versions(await later()), ['v1', 'v2', 'v3', 0.5])
    await change(champion => toChallenged(toShadowed(champion, null), null))
    assert.deepEqual(versions(await later()), ['v1', undefined, undefined, undefined])
    assert.deepEqual(
      reports.map(report => `${report.role} ${report.kind} ${report.version}`),
      ['champion swapped v1', 'shadow swapped v2', 'challenger swapped v3', 'shadow ended v2', 'challenger ended v3'],
    )
  })

  for (const [what, changes, reason] of broken) {
    it(`rejects a bundle ${what} once, and goes on with the old champion`, async () => {
      const { serve, later, refusals } = open()
      await serve('v1')
      await later()
      await serve('v2', changes)
      for (let look = 0; look < 3; look++) assert.equal((await later()).champion?.version, 'v1')
      assert.equal(refusals().length, 1)
      assert.match(refusals()[0], reason)
    })
    it(`rejects a shadow and a challenger ${what}, and the champion serves`, async () => {
      const { serve, write, change, later, refusals } = open()
      await serve('v1')
      await write('v2', changes)
      await write('v3', changes)
      await change(champion => toChallenged(toShadowed(champion, { version: 'v2', nowMs: 1 }), { version: 'v3', share: 0.2, nowMs: 1 }))
      for (let look = 0; look < 3; look++) assert.deepEqual(versions(await later()), ['v1', undefined, undefined, undefined])
      assert.equal(refusals().length, 2)
      for (const refusal of refusals()) assert.match(refusal, reason)
    })
  }
  it('rejects a bundle that was cut in half', async () => {
    const { store, serve, write, promote, later, refusals } = open()
    await serve('v1')
    await later()
    await write('v2')
    const { body } = (await store.get('bundles/flights/v2/model.onnx'))!
    await store.put('bundles/flights/v2/model.onnx', body.subarray(0, body.length / 2))
    await promote('v2')
    assert.equal((await later()).champion?.version, 'v1')
    assert.match(refusals().join(), /model\.onnx of v2 must have sha256/)
  })
  it('rejects a pointer that is not one, is gone, or names what is not there, each once, and goes on with the old champion', async () => {
    const { store, serve, later, refusals } = open()
    await serve('v1')
    await later()
    const pointers = ['{', JSON.stringify({ version: 'gone', sinceMs: 0, history: [] })]
    for (const pointer of pointers) {
      await store.put('champions/flights.json', Buffer.from(pointer))
      for (let look = 0; look < 2; look++) assert.equal((await later()).champion?.version, 'v1')
    }
    assert.equal(refusals().length, 2)
    assert.match(refusals()[0], /is not a champion pointer/)
    assert.match(refusals()[1], /bundles\/flights\/gone\/model\.onnx is not there/)
  })
  it('rejects a pointer that is gone, and goes on with all that served', async () => {
    const store = memoryStore()
    const reports: ModelReport[] = []
    let nowMs = 0
    let isGone = false
    const models = makeModelsInService({
      pipeline,
      store: { get: async key => (isGone && key.startsWith('champions/') ? undefined : store.get(key)) },
      load: loadOnnx,
      checkEveryMs: 1000,
      nowMs: () => nowMs,
      report: report => reports.push(report),
    })
    await writeBundle(store, makeBundle('v1'))
    await changePointer(store, 'flights', () => toPromoted(null, { version: 'v1', reason: '', nowMs: 0 }))
    await models()
    isGone = true
    for (nowMs = 1001; nowMs < 4000; nowMs += 1001) assert.equal((await models()).champion?.version, 'v1')
    assert.deepEqual(reports.slice(1), [
      { kind: 'refused', role: 'champion', version: null, reason: 'the pointer to the champion of flights is gone; promote a version' },
    ])
  })
  it('goes on with the old champion while the store is away, tells it once, and swaps when it is back', async () => {
    const { serve, later, setBroken, refusals } = open()
    await serve('v1')
    await later()
    await serve('v2')
    setBroken(true)
    for (let look = 0; look < 3; look++) assert.equal((await later()).champion?.version, 'v1')
    setBroken(false)
    assert.equal((await later()).champion?.version, 'v2')
    assert.deepEqual(refusals(), ['S3 is away'])
  })
  it('takes the latest champion of the history that proves itself where it has none yet', async () => {
    const { serve, later, restart } = open()
    await serve('v1')
    await serve('v2', { goldenScore: 0.123 })
    await serve('v3', { goldenScore: 0.123 })
    restart()
    assert.equal((await later()).champion?.version, 'v1')
  })
  it('reads a refused bundle again when it is promoted anew', async () => {
    const { store, serve, promote, later } = open()
    await serve('v1')
    await promote('v2')
    assert.equal((await later()).champion?.version, 'v1')
    await writeBundle(store, makeBundle('v2'))
    assert.equal((await later()).champion?.version, 'v1')
    await promote('v2')
    assert.equal((await later()).champion?.version, 'v2')
  })
  it('makes no new session for a rollback, nor for a shadow that is promoted', async () => {
    const { serve, write, change, promote, rollBack, later, sessions } = open()
    await serve('v1')
    await later()
    await write('v2')
    await change(champion => toShadowed(champion, { version: 'v2', nowMs: 1 }))
    await later()
    await promote('v2')
    await later()
    for (let time = 0; time < 10; time++) {
      await rollBack()
      await later()
    }
    assert.deepEqual(sessions, { made: 2, released: 0 })
  })
  it('keeps three models beside those that serve, and releases the ones that were used longest ago', async () => {
    const { serve, promote, later, sessions } = open()
    for (const version of ['v1', 'v2', 'v3', 'v4', 'v5', 'v6']) {
      await serve(version)
      await later()
    }
    assert.deepEqual(sessions, { made: 6, released: 2 })
    for (const version of ['v3', 'v1']) {
      await promote(version)
      await later()
    }
    assert.deepEqual(sessions, { made: 7, released: 3 }, 'v3 was in memory, v1 was not')
  })
})
