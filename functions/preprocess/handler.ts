import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { clusterSender } from '../adapters/kafka-sender.ts'
import { makePreprocess } from './preprocess.ts'

export const handler = kafkaHandler('preprocess', () => {
  const config = readConfig(['CLUSTER_ARN', 'KAFKA_AUTH'])
  return makePreprocess({ pipeline, send: clusterSender(config) })
})
