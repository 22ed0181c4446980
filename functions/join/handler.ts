import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { dynamoPredictions } from '../adapters/prediction-table.ts'
import { stepSender, stepSenderNames } from '../adapters/step-sender.ts'
import { dynamoWaiting } from '../adapters/waiting-table.ts'
import { makeJoin } from './join.ts'

export const handler = kafkaHandler({ step: 'join', pipeline: pipeline.name }, () => {
  const config = readConfig([...stepSenderNames, 'PREDICTIONS_TABLE', 'WAITING_TABLE'])
  return makeJoin({
    pipeline,
    table: dynamoPredictions(config.PREDICTIONS_TABLE),
    waiting: dynamoWaiting(config.WAITING_TABLE),
    send: stepSender(pipeline.name, config),
    nowMs: Date.now,
  })
})
