import { pipeline } from '#models/pipeline.ts'
import { readConfig } from '../adapters/config.ts'
import { kafkaHandler } from '../adapters/kafka-handler.ts'
import { log } from '../adapters/log.ts'
import { dynamoState } from '../adapters/state-store.ts'
import { stepSender, stepSenderNames } from '../adapters/step-sender.ts'
import type { Wholeness } from '../state/sources.ts'
import { makeWindowState } from '../state/window-state.ts'
import { makePreprocess } from './preprocess.ts'

const onOpen = ({ kind, wholeFromMs }: Wholeness) => log({ step: 'preprocess', windows: kind, windowsWholeFromMs: wholeFromMs })

export const handler = kafkaHandler({ step: 'preprocess', pipeline: pipeline.name }, () => {
  const config = readConfig([...stepSenderNames, 'STATE_TABLE'])
  const store = dynamoState(config.STATE_TABLE)
  const { windows } = pipeline
  return makePreprocess({
    pipeline,
    send: stepSender(pipeline.name, config),
    ...(windows ? { state: makeWindowState({ plan: windows, store, nowMs: Date.now, onOpen }) } : {}),
  })
})
