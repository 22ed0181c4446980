import type { Duration } from 'aws-cdk-lib/core'
import { MillraceError } from '#models/errors.ts'
import type { PipelineTopic } from '#models/topics.ts'
import type { Settings } from './setting-table.ts'
import { type HttpStepRow, type KafkaStepRow, readsOf, type Step } from './steps.ts'

const kafkaTimeoutAtMostSec = 840 // one page of Lambda says 14 minutes for MSK, another 15: this satisfies both
const timeoutAtMostSec = 900
const httpTimeoutAtMostSec = 29 // API Gateway gives up after 30 s
const memoryMb = { min: 128, max: 10_240 }

/**
 * Checks a row of a step that Kafka triggers against what Lambda takes, before a deployment finds out.
 *
 * @throws MillraceError SETTING_INVALID
 * @see https://docs.aws.amazon.com/lambda/latest/dg/msk-esm-parameters.html
 */
export function checkKafkaStep(row: KafkaStepRow, topics: readonly PipelineTopic[]): void {
  const { name, timeoutSec } = row
  checkFunction(row, kafkaTimeoutAtMostSec)
  if (row.reads.length === 0) throw invalid(`${name}.reads must name a topic`)
  for (const { topic, batchSize, windowSec = 0 } of row.reads) {
    checkRange(`${name}.reads.${topic}.batchSize`, batchSize, 1, 10_000)
    checkRange(`${name}.reads.${topic}.windowSec`, windowSec, 0, 300)
    if (windowSec >= timeoutSec) {
      throw invalid(
        `${name}.reads.${topic}.windowSec must be below the timeout, ${timeoutSec} s, to be worked off in time, got ${windowSec}`,
      )
    }
  }
  for (const { topic } of readsOf(row, topics)) {
    const group = `${topic.name}.${name}`
    if (group.length > 200) throw invalid(`${name}: the consumer group must have at most 200 letters, got ${group.length}`)
  }
}

/** How turns of a clock are kept apart. */
interface Turns {
  /** Where it is said how often, for the message. */
  readonly origin: string
  /** Where shared, nothing but time keeps a run from the next. */
  readonly concurrency: Settings['concurrency']
  /** How long after its time a turn may still begin, in seconds. */
  readonly latestStartSec: number
}

/**
 * Checks a row of a step that a clock triggers, and that one run ends before the next begins.
 *
 * @throws MillraceError SETTING_INVALID
 */
export function checkScheduledStep(row: Step, every: Duration, { origin, concurrency, latestStartSec }: Turns): void {
  checkFunction(row, timeoutAtMostSec)
  const leastSec = row.timeoutSec + (concurrency === 'shared' ? latestStartSec : 0)
  if (every.toSeconds() >= leastSec) return
  const [late, remedy] =
    concurrency === 'shared' ? [` and ${latestStartSec} s that it may begin late`, ', or give -c concurrency=reserved'] : ['', '']
  throw new MillraceError(
    'SETTING_INVALID',
    `${row.name} must run at most every ${leastSec / 60} minutes, its timeout${late}, got every ${every.toMinutes()}: runs would overlap; ` +
      `change ${origin}, or the timeout (retrainTimeoutSec; of other steps timeoutSec in cdk/steps.ts)${remedy}`,
  )
}

/**
 * Checks a row of a step that HTTP triggers.
 *
 * @throws MillraceError SETTING_INVALID
 */
export function checkHttpStep(row: HttpStepRow): void {
  checkFunction(row, httpTimeoutAtMostSec)
  checkRange(`${row.name}.concurrencyAtMost`, row.concurrencyAtMost, 1, 1_000)
}

function checkFunction({ name, timeoutSec, memoryMb: given }: Step, timeoutAtMost: number): void {
  checkRange(`${name}.timeoutSec`, timeoutSec, 1, timeoutAtMost)
  checkRange(`${name}.memoryMb`, given, memoryMb.min, memoryMb.max)
}

function checkRange(part: string, value: number, min: number, max: number): void {
  if (!(Number.isInteger(value) && value >= min && value <= max))
    throw invalid(`${part} must be a whole number from ${min} to ${max}, got ${value}`)
}

const invalid = (message: string) => new MillraceError('SETTING_INVALID', `${message}; change it in cdk/steps.ts`)
