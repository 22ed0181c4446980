import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam'
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { MillraceError } from '#models/errors.ts'
import { acknowledge, acknowledgeWildcard } from './acknowledge.ts'
import { checkScheduledStep } from './check-step.ts'
import type { Settings } from './setting-table.ts'
import { type StepContext, StepFunction } from './step-function.ts'
import { type ScheduledStepRow, toId } from './steps.ts'
import { servicePrincipal } from './trust.ts'

/** What the schedule sends to its step. */
export const scheduleInput = { trigger: 'schedule' }

/** How long the clock may try to hand over a turn, and then how long Lambda may keep it: the least that both take. */
const eventAgeSec = 60

/** How often a scheduled step runs, and where that is said, for messages. */
export interface Turn {
  readonly every: Duration
  readonly origin: string
}

/**
 * A step that a clock triggers. A turn that fails goes to a queue of dead letters, with its reason: the next turn does the same work.
 *
 * Runs do not overlap: a turn ends, by its timeout, before the next may begin, or else it is the only one that the reserved concurrency lets
 * run. What AWS hands over twice (clock and queue promise at least once) does no harm: bundles are written once, the pointer by compare-and-swap.
 */
export class ScheduledStep extends Construct {
  readonly row: ScheduledStepRow
  readonly step: StepFunction
  readonly every: Duration

  constructor(scope: Construct, id: string, row: ScheduledStepRow, context: StepContext, { every, origin }: Turn) {
    super(scope, id)
    checkScheduledStep(row, every, { origin, concurrency: context.settings.concurrency, latestStartSec: 2 * eventAgeSec })
    this.row = row
    this.every = every
    const deadLetters = new sqs.Queue(this, 'DeadLetters', {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    })
    acknowledge(deadLetters, 'SQS3', 'it is itself the queue of dead letters of a function and its schedule')
    this.step = new StepFunction(this, 'Step', row, context, {
      ...(context.settings.concurrency === 'reserved' && { reservedConcurrentExecutions: 1 }),
      retryAttempts: 0,
      maxEventAge: Duration.seconds(eventAgeSec),
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
    })
    const sendsDeadLetters = new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] })
    this.step.allow([sendsDeadLetters], 'none: the queue is named')
    const group = Stack.of(this).formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: 'default' })
    const clock = new Role(this, 'ClockRole', { assumedBy: servicePrincipal('scheduler', group) }) // it names the schedule's group, not the schedule
    acknowledgeWildcard(clock, `${this.step.function.functionArn}:*`, "versions of this one function; the CDK's own grant")
    const schedule = new Schedule(this, 'Schedule', {
      description: `${context.pipeline}: ${row.name}`,
      schedule: ScheduleExpression.rate(every),
      target: new LambdaInvoke(this.step.function, {
        input: ScheduleTargetInput.fromObject(scheduleInput),
        retryAttempts: 1,
        maxEventAge: Duration.seconds(eventAgeSec),
        deadLetterQueue: deadLetters,
        role: clock,
      }),
    })
    const stack = Stack.of(this)
    new CfnOutput(stack, `Schedule${toId(row.name)}`, { value: schedule.scheduleName })
    new CfnOutput(stack, `ScheduleInput${toId(row.name)}`, { value: JSON.stringify(scheduleInput) })
  }
}

/**
 * How often a scheduled step runs: its row, the setting, or the definition, in this order.
 *
 * @throws MillraceError SETTING_INVALID for an interval that is not whole minutes
 */
export function toTurn(
  row: ScheduledStepRow,
  { retrain }: { readonly retrain: { readonly everyMs: number } },
  { retrainEvery }: Pick<Settings, 'retrainEvery'>,
): Turn {
  if (row.everyMinutes !== undefined) return { every: Duration.minutes(row.everyMinutes), origin: 'everyMinutes in cdk/steps.ts' }
  if (retrainEvery !== undefined) return { every: retrainEvery, origin: 'retrainEvery' }
  if (Number.isInteger(retrain.everyMs / 60_000) && retrain.everyMs > 0) {
    return { every: Duration.minutes(retrain.everyMs / 60_000), origin: 'retrain.everyMs in the definition, or give retrainEvery' }
  }
  throw new MillraceError(
    'SETTING_INVALID',
    `retrain.everyMs must be whole minutes, got ${retrain.everyMs}; change it in the definition or give retrainEvery`,
  )
}
