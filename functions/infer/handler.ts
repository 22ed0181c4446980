import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { log } from '../adapters/log.ts'
import { loadOnnx } from '../adapters/onnx.ts'
import { s3Store } from '../adapters/s3.ts'
import { stepSender, stepSenderNames } from '../adapters/step-sender.ts'
import { makeModelsInService } from '../bundles/models-in-service.ts'
import { makeInfer } from './infer.ts'

export const handler = kafkaHandler({ step: 'infer', pipeline: pipeline.name }, () => {
  const config = readConfig([...stepSenderNames, 'MODEL_BUCKET'])
  const models = makeModelsInService({
    pipeline,
    store: s3Store(config.MODEL_BUCKET),
    load: loadOnnx,
    checkEveryMs: 1000,
    nowMs: Date.now,
    report: report => log({ step: 'infer', ...report }),
  })
  return makeInfer({
    pipeline,
    models,
    send: stepSender(pipeline.name, config, { connectsAhead: true }),
    nowMs: Date.now,
    report: failure => log({ step: 'infer', kind: 'failed', ...failure }),
  })
})
