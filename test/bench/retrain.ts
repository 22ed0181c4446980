import { withDuckdb } from '#functions/adapters/local-database.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { readText } from '#functions/adapters/text-file.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import { makeReadRows } from '#functions/retrain/read-rows.ts'
import type { RetrainReport } from '#functions/retrain/report.ts'
import { makeRetrain } from '#functions/retrain/retrain.ts'
import { toRowLimit } from '#functions/retrain/row-limit.ts'
import { pipeline } from '#models/pipeline.ts'
import { readFlights } from '../../localstack/replay/flights.ts'
import { makeRecord } from '../checks/step-checks.ts'
import { makeFeedback } from '../fixtures.ts'

const rowCount = 1_000_000
const batchSize = 5_000

/** The retrain function end to end on 1,000,000 archived flights: list, read, query, train both, export, gate; the bucket is in memory. */
export async function benchRetrain() {
  const archive = memoryStore()
  const step = makeArchive({ pipeline, store: archive, encode: encodeParquet })
  let batch = []
  let offset = 0
  for await (const { landedAtMs, delayMinutes, ...flight } of readFlights(rowCount)) {
    const features = pipeline.toFeatures(flight)
    const target = pipeline.toTarget({ delayMinutes })
    const feedback = makeFeedback({ id: flight.flightId, atMs: flight.departedAtMs, features, target, labelAtMs: landedAtMs })
    batch.push(makeRecord(feedback, { topic: 'flights.feedback', offset: offset++ }))
    if (batch.length < batchSize) continue
    await step(batch)
    batch = []
  }
  const models = memoryStore()
  const wide = { ...pipeline, retrain: { ...pipeline.retrain, windowMs: 400 * 86_400_000 } }
  const queryFile = new URL('../../functions/retrain/training-set.sql', import.meta.url).pathname
  const clockMs = () => performance.now()
  const limit = toRowLimit(wide, 3_008)
  const readQuery = () => readText(queryFile)
  const readRows = makeReadRows({ pipeline: wide, store: archive, withDatabase: withDuckdb, readQuery, limit, clockMs })
  const residentBytes = () => process.memoryUsage.rss()
  const startedMs = clockMs()
  const outcome = await makeRetrain({ pipeline: wide, readRows, models, load: loadOnnx, nowMs: Date.now, clockMs, residentBytes })()
  const seconds = (clockMs() - startedMs) / 1000
  const [reportKey] = (await models.list('bundles/')).filter(key => key.endsWith('report.json'))
  const { phases, standings } = JSON.parse(Buffer.from((await models.get(reportKey))!.body).toString()) as RetrainReport
  const peakResidentMb = process.resourceUsage().maxRSS / 1024 // the archive in memory included
  return { outcome, seconds, aimSeconds: 15, peakResidentMb, aimPeakMb: 3_000, phases, standings }
}
