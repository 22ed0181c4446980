import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Duration } from 'aws-cdk-lib/core'
import { topicsOf } from '#models/topics.ts'
import { checkKafkaStep, checkScheduledStep } from '../../cdk/check-step.ts'
import { kafkaSteps, scheduledSteps } from '../../cdk/steps.ts'
import { flights } from './template.ts'

const [row] = kafkaSteps
const topics = topicsOf(flights)
const retrain = scheduledSteps.find(({ name }) => name === 'retrain')!
const rejects = (check: () => void, message: RegExp) => assert.throws(check, { name: 'MillraceError', code: 'SETTING_INVALID', message })

describe('checkKafkaStep', () => {
  for (const step of kafkaSteps) it(`takes ${step.name} as it stands`, () => checkKafkaStep(step, topics))

  it('rejects a window that is longer than the timeout', () => {
    const read = { topic: 'events', batchSize: 100, windowSec: 60 } as const
    rejects(
      () => checkKafkaStep({ ...row, reads: [read], timeoutSec: 60 }, topics),
      /^preprocess.reads.events.windowSec must be below the timeout, 60 s, to be worked off in time, got 60; change it in cdk\/steps.ts$/,
    )
  })
  it('rejects a window and a batch that Lambda does not take', () => {
    const read = { topic: 'events', batchSize: 100, windowSec: 301 } as const
    rejects(
      () => checkKafkaStep({ ...row, reads: [read], timeoutSec: 600 }, topics),
      /windowSec must be a whole number from 0 to 300, got 301/,
    )
    rejects(
      () => checkKafkaStep({ ...row, reads: [{ ...read, batchSize: 10_001 }] }, topics),
      /batchSize must be .* from 1 to 10000, got 10001/,
    )
  })
  it('rejects a timeout and a memory that Lambda does not take', () => {
    rejects(
      () => checkKafkaStep({ ...row, timeoutSec: 900 }, topics),
      /^preprocess.timeoutSec must be a whole number from 1 to 840, got 900/,
    )
    rejects(() => checkKafkaStep({ ...row, memoryMb: 64 }, topics), /^preprocess.memoryMb must be a whole number from 128 to 10240, got 64/)
  })
  it('rejects a step that reads nothing', () => {
    rejects(() => checkKafkaStep({ ...row, reads: [] }, topics), /^preprocess.reads must name a topic/)
  })
})

describe('checkScheduledStep', () => {
  const reserved = { origin: 'retrainEvery', concurrency: 'reserved', latestStartSec: 120 } as const
  const shared = { ...reserved, concurrency: 'shared' } as const
  it('rejects a schedule that overlaps the timeout', () => {
    rejects(
      () => checkScheduledStep(retrain, Duration.minutes(10), reserved),
      /^retrain must run at most every 15 minutes, its timeout, got every 10: runs would overlap; change retrainEvery, or the timeout/,
    )
  })
  it('takes a schedule as long as the timeout, where Lambda runs no second one', () => {
    checkScheduledStep(retrain, Duration.minutes(15), reserved)
  })
  it('rejects one as long as the timeout, where nothing but time keeps a run that begins late from the next', () => {
    rejects(
      () => checkScheduledStep(retrain, Duration.minutes(16), shared),
      /^retrain must run at most every 17 minutes, its timeout and 120 s that it may begin late, got every 16: .*give -c concurrency=reserved$/,
    )
    checkScheduledStep(retrain, Duration.minutes(17), shared)
  })
})
