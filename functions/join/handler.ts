import { pipeline } from '#models/pipeline.ts'
import { topicsOf } from '#models/topics.ts'
import { readConfig } from '../adapters/config.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { dynamoPredictions } from '../adapters/prediction-table.ts'
import { dynamoState } from '../adapters/state-store.ts'
import { stepSender, stepSenderNames } from '../adapters/step-sender.ts'
import { dynamoWaiting } from '../adapters/waiting-table.ts'
import { makeCountRecords } from '../features/count-records.ts'
import { sideBySide } from '../side-by-side.ts'
import { makeWindowState } from '../state/window-state.ts'
import { makeJoin } from './join.ts'

/** Pairs labels with predictions, and counts them where windows keep something of them: both read the same topic, away from the way of a prediction. */
export const handler = kafkaHandler({ step: 'join', pipeline: pipeline.name }, () => {
  const config = readConfig([...stepSenderNames, 'PREDICTIONS_TABLE', 'WAITING_TABLE', 'STATE_TABLE'])
  const { windows } = pipeline
  const labels = topicsOf(pipeline).find(({ kind }) => kind === 'labels')!
  const join = makeJoin({
    pipeline,
    table: dynamoPredictions(config.PREDICTIONS_TABLE),
    waiting: dynamoWaiting(config.WAITING_TABLE),
    send: stepSender(pipeline.name, config),
    nowMs: Date.now,
  })
  if (!windows || !labels.feedsWindows) return join
  const state = makeWindowState({ plan: windows, store: dynamoState(config.STATE_TABLE), nowMs: Date.now })
  const topics = [labels.name]
  return sideBySide([
    { step: join, topics },
    { step: makeCountRecords({ pipeline, state }), topics },
  ])
})
