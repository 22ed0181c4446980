import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import {
  type ChampionPointer,
  changePointer,
  previousVersion,
  readBundle,
  readManifests,
  readPointer,
  toChallenged,
  toPromoted,
  toShadowed,
  writeBundle,
} from '#functions/bundles/registry.ts'
import { makeBundle } from '../../make-bundle.ts'

async function open() {
  const store = memoryStore()
  return {
    store,
    async serve(version: string) {
      await writeBundle(store, makeBundle(version))
      await changePointer(store, 'flights', champion => toPromoted(champion, { version, reason: 'test', nowMs: 0 }))
    },
  }
}

describe('changePointer', () => {
  it('lets one of two writers of the same instant win, and asks the other again with what that one wrote', async () => {
    const { store } = await open()
    const seen: (string | undefined)[] = []
    await Promise.all(
      ['a', 'b'].map(version =>
        changePointer(store, 'flights', champion => {
          seen.push(champion?.version)
          return toPromoted(champion, { version, reason: '', nowMs: 1 })
        }),
      ),
    )
    assert.deepEqual(seen, [undefined, undefined, 'a'])
    const { champion } = await readPointer(store, 'flights')
    assert.deepEqual(
      champion?.history.map(entry => entry.version),
      ['a', 'b'],
    )
  })
  it('leaves the pointer where nothing shall change', async () => {
    const { store, serve } = await open()
    await serve('v1')
    assert.equal((await changePointer(store, 'flights', () => undefined))?.version, 'v1')
  })
  it('rejects after five lost races', async () => {
    const { store } = await open()
    await assert.rejects(
      changePointer({ ...store, putIf: async () => false }, 'flights', champion =>
        toPromoted(champion, { version: 'a', reason: '', nowMs: 1 }),
      ),
      { code: 'CHAMPION_CONFLICT', message: /moved 5 times/ },
    )
  })
  it('keeps the history of champions', async () => {
    const { store, serve } = await open()
    await serve('v1')
    await serve('v2')
    const { champion } = await readPointer(store, 'flights')
    assert.deepEqual(
      champion?.history.map(entry => entry.version),
      ['v1', 'v2'],
    )
  })
})

describe('writeBundle', () => {
  it('writes a version once', async () => {
    const { store } = await open()
    await writeBundle(store, makeBundle('v1'))
    await writeBundle(store, makeBundle('v1', { manifest: { trainer: 'other' } }))
    assert.equal((await readBundle(store, 'flights', 'v1')).manifest.trainer, 'logistic')
    assert.deepEqual(
      (await readManifests(store, 'flights')).map(manifest => manifest.version),
      ['v1'],
    )
  })
})

describe('readBundle', () => {
  it('rejects a manifest of another version', async () => {
    const store = memoryStore()
    const { onnx, manifest } = makeBundle('v1')
    await store.put('bundles/flights/v2/model.onnx', onnx)
    await store.put('bundles/flights/v2/manifest.json', Buffer.from(JSON.stringify(manifest)))
    await assert.rejects(readBundle(store, 'flights', 'v2'), {
      code: 'BUNDLE_INVALID',
      message: 'manifest.json of v2 must be of flights v2, is of flights v1',
    })
  })
})

describe('the pointer', () => {
  const first = toPromoted(null, { version: 'v1', reason: 'first', nowMs: 1 })

  it('takes a shadow and a challenger beside the champion, and lets them go', () => {
    const shadowed = toShadowed(first, { version: 'v2', nowMs: 2 })
    const both = toChallenged(shadowed, { version: 'v3', share: 0.2, nowMs: 3 })
    assert.deepEqual(both.shadow, { version: 'v2', sinceMs: 2 })
    assert.deepEqual(both.challenger, { version: 'v3', sinceMs: 3, share: 0.2 })
    assert.deepEqual(toChallenged(toShadowed(both, null), null), first)
  })
  it('keeps the time of a challenger whose share grows', () => {
    const small = toChallenged(first, { version: 'v3', share: 0.1, nowMs: 3 })
    assert.deepEqual(toChallenged(small, { version: 'v3', share: 0.5, nowMs: 9 }).challenger, { version: 'v3', sinceMs: 3, share: 0.5 })
  })
  it('keeps shadow and challenger at the promotion of another, and lets go the one that is promoted', () => {
    const both = toChallenged(toShadowed(first, { version: 'v2', nowMs: 2 }), { version: 'v3', share: 0.2, nowMs: 3 })
    const promoted: ChampionPointer = toPromoted(both, { version: 'v3', reason: 'better', nowMs: 4 })
    assert.deepEqual([promoted.version, promoted.shadow?.version, promoted.challenger], ['v3', 'v2', null])
    assert.equal(previousVersion(promoted), 'v1')
  })
  for (const share of [-0.1, 1.1, Number.NaN]) {
    it(`rejects a share of ${share}`, () => {
      assert.throws(() => toChallenged(first, { version: 'v2', share, nowMs: 1 }), {
        code: 'ARGUMENT_INVALID',
        message: `the challenger's share must be from 0 to 1, got ${share}`,
      })
    })
  }
})
