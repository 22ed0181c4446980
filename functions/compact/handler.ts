import { randomUUID } from 'node:crypto'
import { pipeline } from '#models/pipeline.ts'
import { isArchived, topicsOf } from '#models/topics.ts'
import { readConfig } from '../adapters/config.ts'
import { duckdbMerge } from '../adapters/duckdb-merge.ts'
import { logError } from '../adapters/log.ts'
import { countRows } from '../adapters/parquet-rows.ts'
import { s3Store } from '../adapters/s3.ts'
import { scheduledHandler } from '../adapters/scheduled-handler.ts'
import { type CompactOutcome, makeCompact } from './compact.ts'
import { compactTimes } from './times.ts'

/** Called by the schedule; the archive's own hours say what there is to do. */
export const handler = scheduledHandler<CompactOutcome>({ step: 'compact', pipeline: pipeline.name }, makeRun, outcome => ({ ...outcome }))

function makeRun(): () => Promise<CompactOutcome> {
  const { ARCHIVE_BUCKET } = readConfig(['ARCHIVE_BUCKET'])
  const store = s3Store(ARCHIVE_BUCKET)
  return makeCompact({
    topics: topicsOf(pipeline)
      .filter(isArchived)
      .map(({ name }) => name),
    store,
    merge: duckdbMerge(store),
    countRows,
    makeClaim: () => randomUUID().slice(0, 8),
    nowMs: Date.now,
    clockMs: () => performance.now(),
    times: compactTimes,
    onFailure: (topic, hourStartMs, error) => logError({ step: 'compact', topic, hour: new Date(hourStartMs).toISOString() }, error),
  })
}
