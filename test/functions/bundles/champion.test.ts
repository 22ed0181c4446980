import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { type ChampionReport, makeChampion } from '#functions/bundles/champion.ts'
import { changePointer, readBundle, readManifests, readPointer, toPromoted, writeBundle } from '#functions/bundles/registry.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeBundle } from '../../make-bundle.ts'

async function open() {
  const store = memoryStore()
  const reports: ChampionReport[] = []
  let nowMs = 0
  let isBroken = false
  const champion = makeChampion({
    pipeline,
    store: { get: key => (isBroken ? Promise.reject(new Error('S3 is away')) : store.get(key)) },
    load: loadOnnx,
    checkEveryMs: 1000,
    nowMs: () => nowMs,
    report: report => reports.push(report),
  })
  return {
    store,
    reports,
    /** The champion a good second later. */
    later: () => {
      nowMs += 1001
      return champion()
    },
    champion,
    setBroken: (broken: boolean) => {
      isBroken = broken
    },
    async serve(version: string, changes: Parameters<typeof makeBundle>[1] = {}) {
      await writeBundle(store, makeBundle(version, changes))
      await changePointer(store, pipeline.name, champion => toPromoted(champion, { version, reason: 'test', nowMs }))
    },
  }
}

describe('makeChampion', () => {
  it('is undefined while there is none', async () => {
    const { later } = await open()
    assert.equal(await later(), undefined)
  })
  it('swaps to what the pointer names at its next look', async () => {
    const { serve, later, champion, reports } = await open()
    await serve('v1')
    assert.equal((await later())?.version, 'v1')
    await serve('v2')
    assert.equal((await champion())?.version, 'v1', 'within checkEveryMs it does not look')
    assert.equal((await later())?.version, 'v2')
    assert.deepEqual(
      reports.map(report => report.kind),
      ['swapped', 'swapped'],
    )
  })

  const broken: readonly [what: string, changes: Parameters<typeof makeBundle>[1], reason: RegExp][] = [
    ['made for another definition', { manifest: { definition: 'other' } }, /was made for definition other/],
    ['whose file is not the one of the manifest', { manifest: { sha256: 'abc' } }, /must have sha256 abc, has/],
    ['whose golden rows score otherwise', { goldenScore: 0.123 }, /scores golden row 0 .*, wanted 0\.123/],
    ['that is no ONNX file', { onnx: Buffer.from('not a model') }, /does not load/],
  ]
  for (const [what, changes, reason] of broken) {
    it(`rejects a bundle ${what}, and goes on with the old champion`, async () => {
      const { serve, later, reports } = await open()
      await serve('v1')
      await later()
      await serve('v2', changes)
      assert.equal((await later())?.version, 'v1')
      assert.equal((await later())?.version, 'v1')
      const refusals = reports.filter(report => report.kind === 'refused')
      assert.equal(refusals.length, 1, 'an invalid bundle is reported once')
      assert.match(refusals[0].reason, reason)
    })
  }
  it('goes on with the old champion while the store is away, and swaps when it is back', async () => {
    const { serve, later, setBroken } = await open()
    await serve('v1')
    await later()
    await serve('v2')
    setBroken(true)
    assert.equal((await later())?.version, 'v1')
    setBroken(false)
    assert.equal((await later())?.version, 'v2')
  })
  it('goes on with the old champion when the pointer is not one, or names a bundle that is not there', async () => {
    const { store, serve, later, reports } = await open()
    await serve('v1')
    await later()
    await store.put('champions/flights.json', Buffer.from('{'))
    assert.equal((await later())?.version, 'v1')
    await store.put('champions/flights.json', Buffer.from(JSON.stringify({ version: 'gone', sinceMs: 0, history: [] })))
    assert.equal((await later())?.version, 'v1')
    assert.match(JSON.stringify(reports), /is not a champion pointer.*bundles\/flights\/gone\/model\.onnx is not there/)
  })
})

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
