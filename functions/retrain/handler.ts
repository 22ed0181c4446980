import { pipeline } from '#models/pipeline.ts'
import { topicName } from '#models/topics.ts'
import { readConfig } from '../adapters/config.ts'
import { loadOnnx } from '../adapters/onnx.ts'
import { s3Store } from '../adapters/s3.ts'
import { scheduledHandler } from '../adapters/scheduled-handler.ts'
import { duckdbTrainingRows } from '../adapters/training-rows.ts'
import { makeRetrain, type RetrainOutcome } from './retrain.ts'
import { toDuckdbQuery } from './training-set.ts'

/** Called by the schedule; what it is called with does not matter, since the stream's own clock says which rows count. */
export const handler = scheduledHandler({ step: 'retrain', pipeline: pipeline.name }, makeRun, outcome => ({
  trainedModels: Number(outcome.trained),
  promotedModels: Number(outcome.trained && outcome.promoted),
  trainingRows: outcome.trained ? outcome.rows : 0,
}))

function makeRun(): () => Promise<RetrainOutcome> {
  const { ARCHIVE_BUCKET, MODEL_BUCKET } = readConfig(['ARCHIVE_BUCKET', 'MODEL_BUCKET'])
  const readRows = duckdbTrainingRows({
    store: s3Store(ARCHIVE_BUCKET),
    pipeline,
    prefix: `${topicName(pipeline.name, 'feedback')}/`,
    queryFile: `${import.meta.dirname}/training-set.sql`,
    toQuery: (text, files) => toDuckdbQuery(text, pipeline, files),
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
