import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { readDuel, readShadowScores } from '../adapters/live-labels.ts'
import { s3Store } from '../adapters/s3.ts'
import { scheduledHandler } from '../adapters/scheduled-handler.ts'
import { makeWatch, type WatchOutcome } from './watch.ts'

/** Called by the schedule; the hours that count are told by the stream's own clock. */
export const handler = scheduledHandler('watch', makeRun, ({ verdict }) => ({
  promotedModels: Number(verdict === 'promote'),
  rejectedModels: Number(verdict === 'reject'),
}))

function makeRun(): () => Promise<WatchOutcome> {
  const { COUNTERS_TABLE, MODEL_BUCKET } = readConfig(['COUNTERS_TABLE', 'MODEL_BUCKET'])
  return makeWatch({
    pipeline,
    models: s3Store(MODEL_BUCKET),
    readDuel: readDuel(COUNTERS_TABLE),
    readShadowScores: readShadowScores(COUNTERS_TABLE),
    nowMs: Date.now,
  })
}
