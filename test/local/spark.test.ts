import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { duckdbMerge } from '#functions/adapters/duckdb-merge.ts'
import { withDuckdb } from '#functions/adapters/local-database.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { countRows } from '#functions/adapters/parquet-rows.ts'
import { readText } from '#functions/adapters/text-file.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import { readDecision } from '#functions/bundles/decision.ts'
import { readBundle, readPointer } from '#functions/bundles/registry.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import { makeCompact } from '#functions/compact/compact.ts'
import { compactTimes } from '#functions/compact/times.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import { makeEngineTurn } from '#functions/retrain/engine/turn.ts'
import { makeReadRows } from '#functions/retrain/read-rows.ts'
import type { RetrainReport } from '#functions/retrain/report.ts'
import { makeRetrain } from '#functions/retrain/retrain.ts'
import { toRowLimit } from '#functions/retrain/row-limit.ts'
import { pipeline as flights } from '#models/pipeline.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { readFlights } from '../../localstack/replay/flights.ts'
import { findMissingSpark } from '../../localstack/setup/spark.mjs'
import { localSpark } from '../../localstack/spark/local-spark.ts'
import { makeRecord } from '../checks/step-checks.ts'
import { makeFeedback } from '../fixtures.ts'

const missing = await findMissingSpark(process.env)
const queryFile = new URL('../../functions/retrain/training-set.sql', import.meta.url).pathname

/** Small rows of a small run: the gate of flights asks for more. */
const pipeline: Pipeline = {
  ...flights,
  retrain: { ...flights.retrain, engine: 'spark', when: { ...flights.retrain.when, firstAtRows: 500 } },
  promoteWhen: { ...flights.promoteWhen, rowsAtLeast: 500 },
  trainer: { ...flights.trainer, kinds: ['logistic'], gbdt: { ...flights.trainer.gbdt, roundCount: 100 } }, // of the champion; Spark's are trees
}

describe('a training on Spark', { skip: missing ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-spark-'))
  after(() => rmSync(folder, { recursive: true }))

  it('learns all rows of compacted hours and their tail, and is promoted by the gate over a champion of the function', async t => {
    const archive = memoryStore()
    const models = memoryStore()
    const records = await toFeedback(8_000)
    const step = makeArchive({ pipeline, store: archive, encode: encodeParquet })
    await step(records.slice(0, 1_500))
    const clocks = { nowMs: Date.now, clockMs: () => performance.now(), residentBytes: () => process.memoryUsage.rss() }
    const readQuery = () => readText(queryFile)
    const readRows = makeReadRows({
      ...clocks,
      pipeline,
      store: archive,
      withDatabase: withDuckdb,
      readQuery,
      limit: toRowLimit(pipeline, 3_008),
    })
    const ports = { ...clocks, pipeline, readRows, models, load: loadOnnx }
    const first = await makeRetrain({ ...ports, report: 'none' })()
    assert.ok(first.trained && first.promoted, first.reason)

    const onlyFirst = memoryStore()
    for (const key of await models.list('')) await onlyFirst.put(key, (await models.get(key))!.body)
    await step(records.slice(1_500, 6_000))
    await compactAll(archive)
    await step(records.slice(5_500, 7_000)) // a batch that comes again is cut differently: its rows are there twice
    await step(records.slice(7_000))
    const engine = localSpark({ folder, archive, models })
    const turn = makeEngineTurn({ ...ports, archive, engine, readQuery }, false)
    const started = await turn()
    assert.ok(!started.trained && /^job \w+ trains on \d+ archive objects/.test(started.reason), started.reason)
    const jobId = started.reason.split(' ')[1]
    const startedMs = performance.now()
    assert.deepEqual(await engine.ended(jobId), { state: 'succeeded' })
    t.diagnostic(`the job took ${((performance.now() - startedMs) / 1_000).toFixed(1)} s`)

    const outcome = await turn()
    assert.ok(outcome.trained)
    assert.equal(outcome.trainer, 'xgboost')
    assert.equal(outcome.role, 'champion', outcome.reason)
    assert.equal(outcome.rows, 8_000)
    assert.equal((await readPointer(models, pipeline.name)).champion?.version, outcome.version)

    const bundle = await readBundle(models, pipeline.name, outcome.version)
    const scorer = await loadScorer(loadOnnx, bundle, pipeline.definition)
    const { golden } = bundle.manifest
    const scores = await scorer.score(golden.rows)
    for (const [at, score] of golden.scores.entries()) assert.ok(Math.abs(scores[at] - score) <= 1e-5, `row ${at}: ${scores[at]}, ${score}`)
    await scorer.release()

    const own = await makeRetrain({
      ...ports,
      pipeline: { ...pipeline, trainer: { ...pipeline.trainer, kinds: ['gbdt'] } },
      models: onlyFirst,
      report: 'none',
    })()
    assert.ok(own.trained)
    t.diagnostic(`the function's own trees: ${own.holdoutLogLoss}, Spark's ${outcome.holdoutLogLoss}`)
    assert.ok(Math.abs(own.holdoutLogLoss! - outcome.holdoutLogLoss!) < 0.03, `${own.holdoutLogLoss} and ${outcome.holdoutLogLoss}`)

    const decision = (await readDecision(models, pipeline.name, outcome.version))!
    assert.equal(decision.rival.version, first.version)
    assert.equal(decision.quality?.candidate.rowCount, decision.quality?.rival.rowCount)
    const report = JSON.parse(
      Buffer.from((await models.get(`bundles/flights/${outcome.version}/report.json`))!.body).toString(),
    ) as RetrainReport
    assert.deepEqual(
      report.standings.map(({ name }) => name),
      ['xgboost', `champion ${first.version}`],
    )
    assert.equal(report.importance.length, pipeline.features.length)
    t.diagnostic(
      `log loss ${decision.quality?.candidate.logLoss} against ${decision.quality?.rival.logLoss} on ${decision.quality?.rival.rowCount} rows`,
    )
  })
})

/** Of real flights every fifteenth is taken: some days of them; they reach Kafka as in a local run, which squeezes days. */
const everyFlights = 15
const startMs = Date.UTC(2001, 0, 8)

/** Feedback on real flights. */
async function toFeedback(rowCount: number): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = []
  let at = 0
  for await (const { landedAtMs, delayMinutes, ...flight } of readFlights(rowCount * everyFlights)) {
    if (++at % everyFlights !== 0) continue
    const features = pipeline.toFeatures(flight)
    const target = pipeline.toTarget({ delayMinutes })
    const feedback = makeFeedback({ id: flight.flightId, atMs: flight.departedAtMs, features, target, labelAtMs: landedAtMs })
    records.push(
      makeRecord(feedback, { topic: 'flights.feedback', offset: records.length, recordedAtMs: startMs + records.length * 5_000 }),
    )
  }
  return records
}

/** All hours that the archive has. */
async function compactAll(store: ReturnType<typeof memoryStore>): Promise<void> {
  const outcome = await makeCompact({
    topics: ['flights.feedback'],
    store,
    merge: duckdbMerge(store),
    countRows,
    makeClaim: () => 'test',
    nowMs: Date.now,
    clockMs: () => performance.now(),
    times: compactTimes,
    onFailure: (_topic, _hour, error) => {
      throw error
    },
  })()
  assert.ok(outcome.closedHours > 0)
}
