import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { dynamoCounters } from '../adapters/counter-store.ts'
import { s3Store } from '../adapters/s3.ts'
import { scheduledHandler } from '../adapters/scheduled-handler.ts'
import { readDuel, readShadowScores } from '../counters/read.ts'
import { makeWatch, type WatchOutcome } from './watch.ts'

/** Called by the schedule; the hours that count are told by the stream's own clock. */
export const handler = scheduledHandler({ step: 'watch', pipeline: pipeline.name }, makeRun, ({ verdict }) => ({
  promotedModels: Number(verdict === 'promote'),
  rejectedModels: Number(verdict === 'reject'),
}))

function makeRun(): () => Promise<WatchOutcome> {
  const { COUNTERS_TABLE, MODEL_BUCKET } = readConfig(['COUNTERS_TABLE', 'MODEL_BUCKET'])
  const counters = dynamoCounters(COUNTERS_TABLE)
  return makeWatch({
    pipeline,
    models: s3Store(MODEL_BUCKET),
    readDuel: readDuel(counters),
    readShadowScores: readShadowScores(counters),
    nowMs: Date.now,
  })
}
