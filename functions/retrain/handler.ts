import { pipeline } from '#models/pipeline.ts'
import { topicName } from '#models/topics.ts'
import { readConfig } from '../adapters/config.ts'
import { log } from '../adapters/log.ts'
import { loadOnnx } from '../adapters/onnx.ts'
import { s3Store } from '../adapters/s3.ts'
import { duckdbTrainingRows } from '../adapters/training-rows.ts'
import { makeRetrain, type RetrainOutcome } from './retrain.ts'

/** Called by the schedule; what it is called with does not matter, since the stream's own clock says which rows count. */
export const handler = async (): Promise<RetrainOutcome> => {
  const { ARCHIVE_BUCKET, MODEL_BUCKET } = readConfig(['ARCHIVE_BUCKET', 'MODEL_BUCKET'])
  const readRows = duckdbTrainingRows({
    store: s3Store(ARCHIVE_BUCKET),
    pipeline,
    prefix: `${topicName(pipeline.name, 'feedback')}/`,
    queryFile: `${import.meta.dirname}/training-set.sql`,
  })
  const retrain = makeRetrain({
    pipeline,
    readRows,
    models: s3Store(MODEL_BUCKET),
    load: loadOnnx,
    nowMs: Date.now,
    clockMs: () => performance.now(),
    residentBytes: () => process.memoryUsage.rss(),
  })
  const outcome = await retrain()
  log({ step: 'retrain', ...outcome })
  return outcome
}
