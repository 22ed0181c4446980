import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { functionMemoryMb } from '../adapters/function-memory.ts'
import { withDuckdb } from '../adapters/local-database.ts'
import { loadOnnx } from '../adapters/onnx.ts'
import { s3Store } from '../adapters/s3.ts'
import { scheduledHandler } from '../adapters/scheduled-handler.ts'
import { readText } from '../adapters/text-file.ts'
import { makeReadRows } from './read-rows.ts'
import { makeRetrain, type RetrainOutcome } from './retrain.ts'
import { toRowLimit } from './row-limit.ts'

/** Called by the schedule; what it is called with does not matter, since the stream's own clock says which rows count. */
export const handler = scheduledHandler({ step: 'retrain', pipeline: pipeline.name }, makeRun, outcome => ({
  trainedModels: Number(outcome.trained),
  promotedModels: Number(outcome.trained && outcome.promoted),
  trainingRows: outcome.trained ? outcome.rows : 0,
  refusedObjects: outcome.trained ? outcome.refusedObjects : 0,
}))

function makeRun(): () => Promise<RetrainOutcome> {
  const { ARCHIVE_BUCKET, MODEL_BUCKET } = readConfig(['ARCHIVE_BUCKET', 'MODEL_BUCKET'])
  const readRows = makeReadRows({
    pipeline,
    store: s3Store(ARCHIVE_BUCKET),
    withDatabase: withDuckdb,
    readQuery: () => readText(`${import.meta.dirname}/training-set.sql`),
    limit: toRowLimit(pipeline, functionMemoryMb()),
    clockMs: () => performance.now(),
  })
  return makeRetrain({
    pipeline,
    readRows,
    models: s3Store(MODEL_BUCKET),
    load: loadOnnx,
    nowMs: Date.now,
    clockMs: () => performance.now(),
    residentBytes: () => process.memoryUsage.rss(),
  })
}
