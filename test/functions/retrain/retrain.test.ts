import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { changePointer, readBundle, readManifests, readPointer, toPromoted, writeBundle } from '#functions/bundles/registry.ts'
import type { ObjectStore } from '#functions/ports.ts'
import { makeRetrain, type TrainingRows } from '#functions/retrain/retrain.ts'
import { toColumns } from '#models/feature-columns.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRandom } from '#models/random.ts'
import { flight } from '../../fixtures.ts'
import { makeBundle } from '../../make-bundle.ts'

/** Labelled flights one minute apart; those from JFK are late far more often. */
function makeRows(rowCount: number, seed = 1): TrainingRows {
  const random = makeRandom(seed)
  const isFromJfk = Array.from({ length: rowCount }, () => random() < 0.5)
  return {
    atMs: Float64Array.from(isFromJfk, (_, row) => flight.departedAtMs + row * 60_000),
    targets: Float64Array.from(isFromJfk, isJfk => Number(random() < (isJfk ? 0.8 : 0.1))),
    labelDelayMs: new Float64Array(rowCount).fill(3_600_000),
    features: toColumns(
      pipeline.features,
      isFromJfk.map((isJfk, row) =>
        pipeline.toFeatures({ ...flight, departedAtMs: flight.departedAtMs + row * 60_000, origin: isJfk ? 'JFK' : 'ORD' }),
      ),
    ),
    objectCount: 1,
    sampledRatio: 1,
  }
}

function open(rows: TrainingRows, models: ObjectStore = memoryStore(), gainAtLeast = pipeline.promoteWhen.gainAtLeast) {
  const demanding = { ...pipeline, promoteWhen: { ...pipeline.promoteWhen, gainAtLeast } }
  return {
    models,
    retrain: makeRetrain({
      pipeline: demanding,
      readRows: async () => rows,
      models,
      load: loadOnnx,
      nowMs: () => 5,
      clockMs: () => 7,
      residentBytes: () => 9,
    }),
  }
}

describe('retrain', () => {
  it('makes the first candidate champion when it beats the base rate', async () => {
    const { models, retrain } = open(makeRows(15_000))
    const outcome = await retrain()
    assert.ok(outcome.trained && outcome.promoted)
    assert.match(outcome.reason, /^gain of 0\.\d+: log loss .* of the base rate on 3000 rows$/)
    const { champion } = await readPointer(models, 'flights')
    assert.equal(champion?.version, outcome.version)
    const { manifest } = await readBundle(models, 'flights', outcome.version)
    assert.deepEqual([manifest.training.rowCount, manifest.holdout?.rowCount, manifest.parent], [12_000, 3_000, null])
    assert.ok(manifest.holdout!.auc! > 0.8)
  })
  it('keeps a champion that the candidate does not beat, and the bundle of the candidate with the reason', async () => {
    const { models, retrain } = open(makeRows(15_000))
    await retrain()
    const again = open(makeRows(15_000, 2), models, 0.05)
    const outcome = await again.retrain()
    assert.ok(outcome.trained && !outcome.promoted)
    const manifests = await readManifests(models, 'flights')
    assert.equal(manifests.length, 2)
    assert.equal(manifests.find(manifest => manifest.version === outcome.version)?.decision.promote, false)
  })
  it('makes the same version from the same rows, so that a run that comes twice changes nothing', async () => {
    const { retrain } = open(makeRows(15_000))
    const [first, second] = [await retrain(), await retrain()]
    assert.ok(first.trained && second.trained)
    assert.equal(second.version, first.version)
    assert.equal(second.promoted, false)
  })
  it('decides again when somebody else moved the pointer meanwhile', async () => {
    const models = memoryStore()
    await writeBundle(models, makeBundle('v0'))
    let interfered = false
    const store: ObjectStore = {
      ...models,
      async putIf(key, body, etag) {
        if (key.startsWith('champions/') && !interfered) {
          interfered = true
          await changePointer(models, 'flights', champion => toPromoted(champion, { version: 'v0', reason: 'by hand', nowMs: 1 }))
        }
        return models.putIf(key, body, etag)
      },
    }
    const outcome = await open(makeRows(15_000), store).retrain()
    assert.ok(outcome.trained && outcome.promoted)
    const { champion } = await readPointer(models, 'flights')
    assert.deepEqual(
      champion?.history.map(entry => entry.version),
      ['v0', outcome.version],
    )
    assert.match(outcome.reason, /of the champion v0 on/)
  })
  it('measures against the base rate when the champion cannot be used', async () => {
    const models = memoryStore()
    await changePointer(models, 'flights', champion => toPromoted(champion, { version: 'deleted', reason: '', nowMs: 1 }))
    const outcome = await open(makeRows(15_000), models).retrain()
    assert.ok(outcome.trained && outcome.promoted)
    assert.match(outcome.reason, /base rate/)
  })

  it('says the share of a sample, and trains with its weights', async () => {
    const rows = makeRows(15_000)
    const [all, sample, favoured] = [
      await open(rows).retrain(),
      await open({ ...rows, sampledRatio: 0.25, weights: new Float32Array(15_000).fill(4) }).retrain(),
      await open({ ...rows, weights: Float32Array.from(rows.targets, target => 1 + 9 * target) }).retrain(),
    ]
    assert.ok(all.trained && sample.trained && favoured.trained)
    assert.deepEqual([all.sampledRatio, sample.sampledRatio], [1, 0.25])
    assert.notEqual(favoured.version, all.version)
  })

  const nothing: readonly [what: string, rows: TrainingRows, reason: RegExp][] = [
    ['no rows', { ...makeRows(0), objectCount: 0 }, /^0 holdout rows, 2500 wanted: 0 labelled rows in 0 objects$/],
    ['too few rows to measure on', makeRows(2_000), /^400 holdout rows, 2500 wanted: 2000 labelled rows in 1 objects$/],
    ['one class only', { ...makeRows(15_000), targets: new Float64Array(15_000) }, /^training needs rows of both classes/],
  ]
  for (const [what, rows, reason] of nothing) {
    it(`trains nothing and says why on ${what}`, async () => {
      const { models, retrain } = open(rows)
      const outcome = await retrain()
      assert.ok(!outcome.trained)
      assert.match(outcome.reason, reason)
      assert.deepEqual(await models.list(''), [])
    })
  }
})
