import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { dynamoCounters } from '../adapters/counter-store.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { makeEvaluate } from './evaluate.ts'

export const handler = kafkaHandler({ step: 'evaluate', pipeline: pipeline.name }, () => {
  const { COUNTERS_TABLE } = readConfig(['COUNTERS_TABLE'])
  return makeEvaluate({ pipeline, counters: dynamoCounters(COUNTERS_TABLE), nowMs: Date.now })
})
