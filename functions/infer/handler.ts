import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { log } from '../adapters/log.ts'
import { loadOnnx } from '../adapters/onnx.ts'
import { s3Store } from '../adapters/s3.ts'
import { stepSender, stepSenderNames } from '../adapters/step-sender.ts'
import { makeModelsInService } from '../bundles/models-in-service.ts'
import { makeCurrentLayer } from '../layer/current.ts'
import { makeInfer } from './infer.ts'

export const handler = kafkaHandler({ step: 'infer', pipeline: pipeline.name }, () => {
  const config = readConfig([...stepSenderNames, 'MODEL_BUCKET'])
  const looking = {
    pipeline,
    store: s3Store(config.MODEL_BUCKET),
    checkEveryMs: 1000,
    nowMs: Date.now,
    report: (report: object) => log({ step: 'infer', ...report }),
  }
  return makeInfer({
    pipeline,
    models: makeModelsInService({ ...looking, load: loadOnnx }),
    layer: makeCurrentLayer(looking),
    send: stepSender(pipeline.name, config, { connectsAhead: true }),
    nowMs: Date.now,
    report: failure => log({ step: 'infer', kind: 'failed', ...failure }),
  })
})
