import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { clusterSender } from '../adapters/kafka-sender.ts'
import { dynamoPredictions } from '../adapters/prediction-table.ts'
import { dynamoWaiting } from '../adapters/waiting-table.ts'
import { makeJoin } from './join.ts'

export const handler = kafkaHandler({ step: 'join', pipeline: pipeline.name }, () => {
  const config = readConfig(['CLUSTER_ARN', 'KAFKA_AUTH', 'PREDICTIONS_TABLE', 'WAITING_TABLE'])
  return makeJoin({
    pipeline,
    table: dynamoPredictions(config.PREDICTIONS_TABLE),
    waiting: dynamoWaiting(config.WAITING_TABLE),
    send: clusterSender(config),
    nowMs: Date.now,
  })
})
