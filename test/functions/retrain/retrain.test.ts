// Over 300 lines because every way through one run, from too few rows to a lost race, stands beside the others.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { readDecision } from '#functions/bundles/decision.ts'
import { changePointer, readBundle, readManifests, readPointer, toPromoted, writeBundle } from '#functions/bundles/registry.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import type { ObjectStore, TrainingRows } from '#functions/ports.ts'
import { makeRetrain } from '#functions/retrain/retrain.ts'
import { toColumns } from '#models/feature-columns.ts'
import { pipeline as flights } from '#models/pipeline.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { type PromotionChoice, parsePromotionPolicy } from '#models/policy/promote.ts'
import { parseRetrainWhen } from '#models/policy/retrain-when.ts'
import { makeRandom } from '#models/random.ts'
import { flight } from '../../fixtures.ts'
import { makeBundle } from '../../make-bundle.ts'

const minuteMs = 60_000

/** Labelled flights one minute apart, each labelled an hour later; those from JFK are late far more often. More rows of a seed begin with the same. */
function makeRows(rowCount: number, seed = 1): TrainingRows {
  const random = makeRandom(seed)
  const drawn = Array.from({ length: rowCount }, () => {
    const isFromJfk = random() < 0.5
    return { isFromJfk, target: Number(random() < (isFromJfk ? 0.8 : 0.1)) }
  })
  return {
    atMs: Float64Array.from(drawn, (_, row) => flight.departedAtMs + row * minuteMs),
    targets: Float64Array.from(drawn, ({ target }) => target),
    labelDelayMs: new Float64Array(rowCount).fill(60 * minuteMs),
    features: toColumns(
      flights.features,
      drawn.map(({ isFromJfk }, row) =>
        flights.toFeatures({ ...flight, departedAtMs: flight.departedAtMs + row * minuteMs, origin: isFromJfk ? 'JFK' : 'ORD' }),
      ),
    ),
    objectCount: 1,
    sampledRatio: 1,
  }
}

function open(
  rows: TrainingRows,
  options: { readonly models?: ObjectStore; readonly promoteWhen?: PromotionChoice; readonly retrain?: Partial<Pipeline['retrain']> } = {},
) {
  const models = options.models ?? memoryStore()
  const pipeline = {
    ...flights,
    promoteWhen: parsePromotionPolicy(options.promoteWhen ?? {}),
    retrain: { ...flights.retrain, when: parseRetrainWhen({}), ...options.retrain },
  }
  return {
    models,
    retrain: makeRetrain({
      pipeline,
      readRows: async () => rows,
      models,
      load: loadOnnx,
      nowMs: () => 5,
      clockMs: () => 7,
      residentBytes: () => 9,
    }),
  }
}

/** A store with the champion of a training on the first rows. */
async function openWithChampion(rowCount: number) {
  const { models, retrain } = open(makeRows(rowCount))
  const outcome = await retrain()
  assert.ok(outcome.trained && outcome.promoted)
  return { models, champion: outcome.version }
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
    assert.deepEqual([manifest.holdout?.rowCount, manifest.parent], [3_000, null])
    assert.ok(manifest.holdout!.auc! > 0.8)
  })
  it('waits with the first model for as many rows as the definition asks for, and with no later one', async () => {
    const when = parseRetrainWhen({ firstAtRows: 4_000 })
    const outcome = await open(makeRows(3_999), { retrain: { when } }).retrain()
    assert.ok(!outcome.trained)
    assert.equal(outcome.reason, '3999 labelled rows, 4000 wanted for a first model: 3999 labelled rows in 1 objects')
    const { models } = await openWithChampion(3_000)
    assert.ok((await open(makeRows(3_500), { models, retrain: { when } }).retrain()).trained)
  })
  it('makes a first model of 200 labelled rows', async () => {
    const { models, retrain } = open(makeRows(200))
    const outcome = await retrain()
    assert.ok(outcome.trained && outcome.promoted)
    assert.equal((await readBundle(models, 'flights', outcome.version)).manifest.holdout?.rowCount, 40)
  })
  it('measures a model of rows whose label was known when the holdout began, and serves one of all rows', async () => {
    const rows = makeRows(15_000)
    const { models, retrain } = open(rows)
    const outcome = await retrain()
    assert.ok(outcome.trained)
    const { training, measured } = (await readBundle(models, 'flights', outcome.version)).manifest
    assert.deepEqual([training.rowCount, training.toMs], [15_000, rows.atMs[14_999]])
    assert.deepEqual([measured?.rowCount, measured?.toMs], [12_000 - 59, rows.atMs[12_000 - 60]])
  })
  it('serves the model that was measured where refit is off', async () => {
    const { models, retrain } = open(makeRows(15_000), { retrain: { refit: false } })
    const outcome = await retrain()
    assert.ok(outcome.trained)
    const { training, measured } = (await readBundle(models, 'flights', outcome.version)).manifest
    assert.deepEqual([training.rowCount, measured], [12_000 - 59, undefined])
  })
  it('puts golden rows into the bundle that the model scores as the trainer did', async () => {
    const { models, champion } = await openWithChampion(3_000)
    const scorer = await loadScorer(loadOnnx, await readBundle(models, 'flights', champion), flights.definition)
    assert.equal(scorer.version, champion)
    await scorer.release()
  })

  it('compares with the champion on the later half of the rows that it has not learnt from', async () => {
    const { models, champion } = await openWithChampion(15_000)
    const outcome = await open(makeRows(16_000), { models, promoteWhen: { confidence: 0.01 } }).retrain()
    assert.ok(outcome.trained && outcome.promoted)
    assert.match(outcome.reason, new RegExp(`of the champion ${champion} on 500 rows$`))
    const { rival, quality, checks } = (await readDecision(models, 'flights', outcome.version))!
    assert.deepEqual([rival.version, quality?.candidate.rowCount, quality?.rival.rowCount], [champion, 500, 500])
    assert.deepEqual(checks[0], { name: 'rows', ok: true, got: 500, wanted: 'at least 30' })
  })
  it('trains nothing where too few rows are later than those of the champion', async () => {
    const { models } = await openWithChampion(15_000)
    const outcome = await open(makeRows(15_020), { models }).retrain()
    assert.ok(!outcome.trained)
    assert.match(outcome.reason, /^20 rows that the champion has not learnt from, 30 wanted: 15020 labelled rows in 1 objects$/)
  })
  it('keeps a champion that the candidate does not beat, and the bundle of the candidate with the reason', async () => {
    const { models } = await openWithChampion(15_000)
    const outcome = await open(makeRows(20_000), { models, promoteWhen: { gainAtLeast: 0.05 } }).retrain()
    assert.ok(outcome.trained && !outcome.promoted)
    assert.equal((await readManifests(models, 'flights')).length, 2)
    const decision = await readDecision(models, 'flights', outcome.version)
    assert.deepEqual([decision?.promote, decision?.on, decision?.reason], [false, 'holdout', outcome.reason])
    const report = JSON.parse(Buffer.from((await models.get(`bundles/flights/${outcome.version}/report.json`))!.body).toString())
    assert.deepEqual([report.rows.gap, report.rows.refit, report.decision.reason], [59, 20_000, outcome.reason])
  })
  it('promises the loss of the model that serves on', async () => {
    const { models } = await openWithChampion(15_000)
    const outcome = await open(makeRows(20_000), { models, promoteWhen: { gainAtLeast: 0.05 } }).retrain()
    assert.ok(outcome.trained)
    const decision = await readDecision(models, 'flights', outcome.version)
    assert.equal(outcome.promisedLoss, decision?.quality?.rival.logLoss)
  })
  it('makes nothing new of the same rows, so that a run that comes twice changes nothing', async () => {
    const { models, retrain } = open(makeRows(15_000))
    await retrain()
    const before = await models.list('')
    assert.equal((await retrain()).trained, false)
    assert.deepEqual(await models.list(''), before)
  })
  it('keeps what another run of the same rows decided at the same time', async () => {
    const models = memoryStore()
    const rows = makeRows(2_000)
    let other: string | undefined
    const racing: ObjectStore = {
      ...models,
      async putIf(key, body, etag) {
        if (key.startsWith('champions/') && other === undefined) {
          const outcome = await open(rows, { models }).retrain()
          other = outcome.trained ? outcome.version : 'none'
        }
        return models.putIf(key, body, etag)
      },
    }
    const outcome = await open(rows, { models: racing }).retrain()
    assert.ok(outcome.trained)
    assert.deepEqual(
      [outcome.version, outcome.promoted, outcome.role, outcome.reason],
      [other, false, 'champion', 'is the champion already'],
    )
    assert.equal((await readDecision(models, 'flights', outcome.version))?.promote, true)
    assert.equal((await readPointer(models, 'flights')).champion?.history.length, 1)
  })
  it('decides again when somebody else moved the pointer meanwhile, and keeps the decision that took effect', async () => {
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
    const outcome = await open(makeRows(15_000), { models: store }).retrain()
    assert.ok(outcome.trained && outcome.promoted)
    const { champion } = await readPointer(models, 'flights')
    assert.deepEqual(
      champion?.history.map(entry => entry.version),
      ['v0', outcome.version],
    )
    assert.match(outcome.reason, /of the champion v0 on/)
    assert.equal((await readDecision(models, 'flights', outcome.version))?.reason, outcome.reason)
  })
  it('measures against the base rate when the champion cannot be used', async () => {
    const models = memoryStore()
    await changePointer(models, 'flights', champion => toPromoted(champion, { version: 'deleted', reason: '', nowMs: 1 }))
    const outcome = await open(makeRows(15_000), { models }).retrain()
    assert.ok(outcome.trained && outcome.promoted)
    assert.match(outcome.reason, /base rate/)
  })
  it('keeps the champion where a segment loses, and names the segment', async () => {
    const models = memoryStore()
    // A champion that knows JFK, and rows in which the candidate must unlearn it: by the older rows, JFK is never late.
    await writeBundle(models, makeBundle('v0'))
    await changePointer(models, 'flights', champion => toPromoted(champion, { version: 'v0', reason: '', nowMs: 1 }))
    const rows = makeRows(15_000)
    const origin = rows.features[3]
    const isJfk = (row: number) => origin.categories?.[origin.values[row]] === 'JFK'
    const targets = rows.targets.map((target, row) => (row < 12_000 && isJfk(row) ? 0 : target))
    const promoteWhen = { gainAtLeast: -10, guardrails: { segmentBy: 'origin' } }
    const outcome = await open({ ...rows, targets }, { models, promoteWhen }).retrain()
    assert.ok(outcome.trained && !outcome.promoted)
    assert.match(outcome.reason, /^segments JFK \d\.\d{4}, rise of at most 0\.02 in each origin: gain of -/)
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
  it('leaves out the report when asked to', async () => {
    const { models } = open(makeRows(0))
    const ports = {
      models,
      load: loadOnnx,
      nowMs: () => 5,
      clockMs: () => 7,
      residentBytes: () => 9,
      readRows: async () => makeRows(10_000),
    }
    const outcome = await makeRetrain({ pipeline: flights, ...ports, report: 'none' })()
    assert.ok(outcome.trained)
    const files = (await models.list('bundles/')).map(key => key.split('/').at(-1))
    assert.deepEqual(files, ['decision.json', 'manifest.json', 'model.onnx'])
  })

  const nothing: readonly [what: string, rows: TrainingRows, reason: RegExp][] = [
    ['no rows', { ...makeRows(0), objectCount: 0 }, /^0 holdout rows, 30 wanted: 0 labelled rows in 0 objects$/],
    ['too few rows to measure on', makeRows(140), /^28 holdout rows, 30 wanted: 140 labelled rows in 1 objects$/],
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

describe('retrain for a live gate', () => {
  const promoteWhen: PromotionChoice = { on: 'live' }

  it('promotes a first champion at once: there is nothing to compare it with', async () => {
    const outcome = await open(makeRows(2_000), { promoteWhen }).retrain()
    assert.ok(outcome.trained && outcome.promoted)
  })
  it('makes the candidate the shadow of a champion, whatever its gain on the holdout', async () => {
    const { models, champion } = await openWithChampion(2_000)
    const outcome = await open(makeRows(2_500), { models, promoteWhen: { ...promoteWhen, gainAtLeast: 5 } }).retrain()
    assert.ok(outcome.trained && !outcome.promoted)
    assert.equal(outcome.role, 'shadow')
    const pointer = (await readPointer(models, 'flights')).champion
    assert.deepEqual([pointer?.version, pointer?.shadow], [champion, { version: outcome.version, sinceMs: 5 }])
    const decision = await readDecision(models, 'flights', outcome.version)
    assert.deepEqual([decision?.on, decision?.promote], ['live', false])
    assert.match(outcome.reason, /^serves as shadow until live labels decide: gain of /)
  })
  it('leaves a shadow its trial', async () => {
    const { models } = await openWithChampion(2_000)
    const first = await open(makeRows(2_500), { models, promoteWhen }).retrain()
    const second = await open(makeRows(3_000), { models, promoteWhen }).retrain()
    assert.ok(first.trained && second.trained)
    assert.equal(second.role, null)
    assert.match(second.reason, new RegExp(`^the trial of the shadow ${first.version} goes on: `))
    assert.equal((await readPointer(models, 'flights')).champion?.shadow?.version, first.version)
  })
  it('replaces a shadow whose days are over by the clock of the stream', async () => {
    const { models } = await openWithChampion(2_000)
    const short = { ...promoteWhen, live: { daysAtMost: 1 } }
    await open(makeRows(2_500), { models, promoteWhen: short }).retrain()
    const second = await open(makeRows(2_500 + 3 * 1440), { models, promoteWhen: short }).retrain() // a day, and two in which labels may come
    assert.ok(second.trained)
    assert.equal(second.role, 'shadow')
  })
  it('keeps a candidate that breaks a guardrail out of the shadow, too', async () => {
    const { models } = await openWithChampion(2_000)
    const guarded = { ...promoteWhen, guardrails: { calibrationErrorAtMost: 0.0001 } }
    const outcome = await open(makeRows(2_500), { models, promoteWhen: guarded }).retrain()
    assert.ok(outcome.trained)
    assert.equal(outcome.role, null)
    assert.match(outcome.reason, /^kept out of the shadow: calibration 0\.\d+, wanted at most 0\.0001$/)
  })
})
