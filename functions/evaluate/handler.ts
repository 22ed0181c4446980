import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { dynamoDuels, dynamoTallies } from '../adapters/tally-store.ts'
import { makeEvaluate } from './evaluate.ts'

export const handler = kafkaHandler({ step: 'evaluate', pipeline: pipeline.name }, () => {
  const { COUNTERS_TABLE } = readConfig(['COUNTERS_TABLE'])
  return makeEvaluate({ pipeline, tallies: dynamoTallies(COUNTERS_TABLE), duels: dynamoDuels(COUNTERS_TABLE) })
})
