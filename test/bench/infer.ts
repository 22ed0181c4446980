import { toRecords } from '#functions/adapters/kafka-event.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import { makeInfer } from '#functions/infer/infer.ts'
import { pipeline } from '#models/pipeline.ts'
import { flight, makePrediction } from '../fixtures.ts'
import { makeBundle } from '../make-bundle.ts'
import { fillPayload } from './msk-payload.ts'

const batchSize = 5_000
const rounds = 40

/**
 * The infer handler alone, on one core: from the bytes of Lambda's payload to the bytes of the predictions, model call included, Kafka left out.
 */
export async function benchInfer() {
  const scorer = await loadScorer(loadOnnx, makeBundle('v1'), pipeline.definition)
  const infer = makeInfer({ pipeline, models: async () => ({ champion: scorer }), send: async () => {}, nowMs: Date.now })
  const payload = fillPayload('flights.features', batchSize, at => {
    const { id, atMs, features, definition, source } = makePrediction({
      id: `F${at}`,
      features: pipeline.toFeatures({ ...flight, distanceMiles: at }),
    })
    return JSON.stringify({ id, atMs, features, definition, source })
  })
  const runOnce = () => infer(toRecords(JSON.parse(payload)))
  for (let round = 0; round < 5; round++) await runOnce()
  const startedAt = process.cpuUsage()
  for (let round = 0; round < rounds; round++) await runOnce()
  const { user, system } = process.cpuUsage(startedAt)
  const cpuUsPerRecord = (user + system) / (rounds * batchSize)
  return { batchSize, payloadBytes: payload.length, cpuUsPerRecord, recordsPerSecOnOneCore: 1e6 / cpuUsPerRecord, aimRecordsPerSec: 60_000 }
}
