import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { encodeParquet } from '../adapters/parquet.ts'
import { s3Store } from '../adapters/s3.ts'
import { makeArchive } from './archive.ts'

export const handler = kafkaHandler({ step: 'archive', pipeline: pipeline.name }, () => {
  const { ARCHIVE_BUCKET } = readConfig(['ARCHIVE_BUCKET'])
  return makeArchive({ pipeline, store: s3Store(ARCHIVE_BUCKET), encode: encodeParquet })
})
