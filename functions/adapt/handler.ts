import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { dynamoCounters } from '../adapters/counter-store.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { log } from '../adapters/log.ts'
import { s3Store } from '../adapters/s3.ts'
import { makeAdapt } from './adapt.ts'

export const handler = kafkaHandler({ step: 'adapt', pipeline: pipeline.name }, () => {
  const { COUNTERS_TABLE, MODEL_BUCKET } = readConfig(['COUNTERS_TABLE', 'MODEL_BUCKET'])
  return makeAdapt({
    pipeline,
    store: s3Store(MODEL_BUCKET),
    counters: dynamoCounters(COUNTERS_TABLE),
    nowMs: Date.now,
    report: what => log({ step: 'adapt', ...what }),
  })
})
