import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { emrServerless } from '../adapters/emr-serverless.ts'
import { functionMemoryMb } from '../adapters/function-memory.ts'
import { withDuckdb } from '../adapters/local-database.ts'
import { loadOnnx } from '../adapters/onnx.ts'
import { s3Store } from '../adapters/s3.ts'
import { scheduledHandler } from '../adapters/scheduled-handler.ts'
import { readText } from '../adapters/text-file.ts'
import { isEngineEnd } from './engine/trigger.ts'
import { makeEngineTurn } from './engine/turn.ts'
import { makeReadRows } from './read-rows.ts'
import { makeRetrain } from './retrain.ts'
import { toRowLimit } from './row-limit.ts'
import type { RetrainOutcome } from './settle.ts'

/** Called by the schedule, and by the end of the engine's job where there is one; the stream's own clock says which rows count. */
export const handler = scheduledHandler({ step: 'retrain', pipeline: pipeline.name }, makeRun, outcome => ({
  trainedModels: Number(outcome.trained),
  promotedModels: Number(outcome.trained && outcome.promoted),
  trainingRows: outcome.trained ? outcome.rows : 0,
  refusedObjects: outcome.trained ? outcome.refusedObjects : 0,
}))

function makeRun(event: unknown): () => Promise<RetrainOutcome> {
  const { ARCHIVE_BUCKET, MODEL_BUCKET } = readConfig(['ARCHIVE_BUCKET', 'MODEL_BUCKET'])
  const store = s3Store(ARCHIVE_BUCKET)
  const readQuery = () => readText(`${import.meta.dirname}/training-set.sql`)
  const clocks = { nowMs: Date.now, clockMs: () => performance.now(), residentBytes: () => process.memoryUsage.rss() }
  const limit = toRowLimit(pipeline, functionMemoryMb())
  const readRows = makeReadRows({ ...clocks, pipeline, store, withDatabase: withDuckdb, readQuery, limit })
  const ports = { ...clocks, pipeline, readRows, models: s3Store(MODEL_BUCKET), load: loadOnnx }
  if (pipeline.retrain.engine === 'lambda') return makeRetrain(ports)
  const engine = emrServerless({ archive: ARCHIVE_BUCKET, models: MODEL_BUCKET })
  return makeEngineTurn({ ...ports, archive: store, engine, readQuery }, isEngineEnd(event))
}
