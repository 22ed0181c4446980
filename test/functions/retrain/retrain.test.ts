import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { duckdbTrainingRows } from '#functions/adapters/training-rows.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import { promote, readBundle, readManifests, readPointer, writeBundle } from '#functions/bundles/registry.ts'
import type { ObjectStore } from '#functions/ports.ts'
import type { Feedback } from '#functions/records.ts'
import { makeRetrain, type TrainingRows } from '#functions/retrain/retrain.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRandom } from '#models/random.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { flight, makeFeedback } from '../../fixtures.ts'
import { makeBundle } from '../../make-bundle.ts'

/** Labelled flights one minute apart; those from JFK are late far more often. */
function makeRows(rowCount: number, seed = 1): TrainingRows {
  const random = makeRandom(seed)
  const isFromJfk = Array.from({ length: rowCount }, () => random() < 0.5)
  return {
    atMs: isFromJfk.map((_, row) => flight.departedAtMs + row * 60_000),
    targets: isFromJfk.map(isJfk => Number(random() < (isJfk ? 0.8 : 0.1))),
    features: isFromJfk.map((isJfk, row) =>
      pipeline.toFeatures({ ...flight, departedAtMs: flight.departedAtMs + row * 60_000, origin: isJfk ? 'JFK' : 'ORD' }),
    ),
    objectCount: 1,
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
    assert.deepEqual([manifest.training.rowCount, manifest.holdout.rowCount, manifest.parent], [12_000, 3_000, null])
    assert.ok(manifest.holdout.auc! > 0.8)
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
          await promote(models, 'flights', { read: await readPointer(models, 'flights'), version: 'v0', reason: 'by hand', nowMs: 1 })
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
    await promote(models, 'flights', { read: await readPointer(models, 'flights'), version: 'deleted', reason: '', nowMs: 1 })
    const outcome = await open(makeRows(15_000), models).retrain()
    assert.ok(outcome.trained && outcome.promoted)
    assert.match(outcome.reason, /base rate/)
  })

  const nothing: readonly [what: string, rows: TrainingRows, reason: RegExp][] = [
    ['no rows', { atMs: [], targets: [], features: [], objectCount: 0 }, /^0 holdout rows, 2500 wanted: 0 labelled rows in 0 objects$/],
    ['too few rows to measure on', makeRows(2_000), /^400 holdout rows, 2500 wanted: 2000 labelled rows in 1 objects$/],
    ['one class only', { ...makeRows(15_000), targets: Array(15_000).fill(0) }, /^training needs rows of both classes/],
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

describe('the training set', () => {
  const archive = async (feedback: readonly Feedback[]) => {
    const store = memoryStore()
    const step = makeArchive({ pipeline, store, encode: encodeParquet })
    await step(feedback.map((value, offset) => makeRecord(value, { topic: 'flights.feedback', offset })))
    return { store, step, read: duckdbTrainingRows(store, pipeline, 'flights.feedback/') }
  }

  it('gives the archived rows in event-time order, as they travelled', async () => {
    const { read } = await archive([makeFeedback({ id: 'b', atMs: 2_000, target: 0 }), makeFeedback({ id: 'a', atMs: 1_000 })])
    const rows = await read()
    assert.deepEqual(rows, { atMs: [1_000, 2_000], targets: [1, 0], features: Array(2).fill(makeFeedback().features), objectCount: 1 })
  })
  it('keeps one row of an id: the label that came last', async () => {
    const { read } = await archive([makeFeedback({ target: 1, labelAtMs: 10 }), makeFeedback({ target: 0, labelAtMs: 20 })])
    assert.deepEqual((await read()).targets, [0])
  })
  it('keeps one row of records that were archived twice in batches cut differently', async () => {
    const { step, read } = await archive([makeFeedback({ id: 'a' }), makeFeedback({ id: 'b' })])
    await step([makeRecord(makeFeedback({ id: 'b' }), { topic: 'flights.feedback', offset: 1 })])
    assert.equal((await read()).targets.length, 2)
  })
  it('leaves out rows before the window and rows of another feature layout', async () => {
    const { read } = await archive([
      makeFeedback({ id: 'old', atMs: flight.departedAtMs - pipeline.retrain.windowMs - 1 }),
      makeFeedback({ id: 'other', definition: 'other' }),
      makeFeedback({ id: 'new' }),
    ])
    assert.deepEqual((await read()).atMs, [flight.departedAtMs])
  })
  it('gives missing values as null', async () => {
    const features = pipeline.toFeatures({ ...flight, origin: 'ZZZ' })
    const { read } = await archive([makeFeedback({ features })])
    assert.deepEqual((await read()).features, [features])
  })
  it('is empty without an archive', async () => {
    assert.deepEqual(await duckdbTrainingRows(memoryStore(), pipeline, 'flights.feedback/')(), {
      atMs: [],
      targets: [],
      features: [],
      objectCount: 0,
    })
  })
})
