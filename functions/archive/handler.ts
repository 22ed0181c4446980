import { pipeline } from '#models/pipeline.ts'
import { topicName, topicsOf } from '#models/topics.ts'
import { readConfig } from '../adapters/config.ts'
import { dynamoCounters } from '../adapters/counter-store.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { encodeParquet } from '../adapters/parquet.ts'
import { s3Store } from '../adapters/s3.ts'
import { makeEvaluate } from '../counters/evaluate.ts'
import { sideBySide } from '../side-by-side.ts'
import { makeArchive } from './archive.ts'

/** Keeps every record, and counts predictions and feedback: both read the same topics, away from the way of a prediction. */
export const handler = kafkaHandler({ step: 'archive', pipeline: pipeline.name }, () => {
  const { ARCHIVE_BUCKET, COUNTERS_TABLE } = readConfig(['ARCHIVE_BUCKET', 'COUNTERS_TABLE'])
  return sideBySide([
    {
      step: makeArchive({ pipeline, store: s3Store(ARCHIVE_BUCKET), encode: encodeParquet }),
      topics: topicsOf(pipeline).map(({ name }) => name),
    },
    {
      step: makeEvaluate({ pipeline, counters: dynamoCounters(COUNTERS_TABLE), nowMs: Date.now }),
      topics: [topicName(pipeline.name, 'predictions'), topicName(pipeline.name, 'feedback')],
    },
  ])
})
