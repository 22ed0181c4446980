import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { dynamoPredictions } from '../adapters/prediction-table.ts'
import { snsNotify } from '../adapters/sns.ts'
import { stepSender, stepSenderNames } from '../adapters/step-sender.ts'
import { dynamoWaiting } from '../adapters/waiting-table.ts'
import { makeDeliver } from './deliver.ts'

export const handler = kafkaHandler({ step: 'deliver', pipeline: pipeline.name }, () => {
  const config = readConfig([...stepSenderNames, 'PREDICTIONS_TABLE', 'WAITING_TABLE', 'ALERTS_TOPIC_ARN'])
  return makeDeliver({
    pipeline,
    table: dynamoPredictions(config.PREDICTIONS_TABLE),
    waiting: dynamoWaiting(config.WAITING_TABLE),
    notify: snsNotify(config.ALERTS_TOPIC_ARN),
    send: stepSender(pipeline.name, config),
    nowMs: Date.now,
  })
})
