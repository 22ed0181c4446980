import type * as lambda from 'aws-cdk-lib/aws-lambda'
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { type StepContext, StepFunction } from './step-function.ts'
import { type Step, toId } from './steps.ts'

/** What the schedule sends to its step. */
export const scheduleInput = { trigger: 'schedule' }

/** A step that a clock triggers. A missed turn is not made up for: the next one does the same work. */
export class ScheduledStep extends Construct {
  readonly function: lambda.Function

  constructor(scope: Construct, id: string, step: Step, context: StepContext, every: Duration) {
    super(scope, id)
    const stepFunction = new StepFunction(this, 'Step', step, context, {
      reservedConcurrentExecutions: 1, // two runs would race for the champion
      retryAttempts: 0,
      maxEventAge: Duration.minutes(5),
    })
    this.function = stepFunction.function
    const schedule = new Schedule(this, 'Schedule', {
      description: `${context.pipeline}: ${step.name}`,
      schedule: ScheduleExpression.rate(every),
      target: new LambdaInvoke(this.function, {
        input: ScheduleTargetInput.fromObject(scheduleInput),
        retryAttempts: 1,
        maxEventAge: Duration.minutes(5),
      }),
    })
    const stack = Stack.of(this)
    new CfnOutput(stack, `Schedule${toId(step.name)}`, { value: schedule.scheduleName })
    new CfnOutput(stack, `ScheduleInput${toId(step.name)}`, { value: JSON.stringify(scheduleInput) })
  }
}
