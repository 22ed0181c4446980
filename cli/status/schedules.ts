import { GetScheduleCommand, type SchedulerClient } from '@aws-sdk/client-scheduler'
import type { StackOutputs } from '../stack-outputs.ts'

/** A step's clock. EventBridge Scheduler does not tell when it last fired. */
export interface ScheduleStatus {
  readonly step: string
  readonly name: string
  readonly state: string
  /** `rate(1 day)`, `cron(…)`. */
  readonly expression: string
}

/** The schedules that a stack's outputs name: `Schedule<Step>`. */
export async function readSchedules(client: Pick<SchedulerClient, 'send'>, outputs: StackOutputs): Promise<ScheduleStatus[]> {
  const named = Object.entries(outputs).filter(([output]) => /^Schedule(?!Input)[A-Z]/.test(output))
  return Promise.all(
    named.map(async ([output, name]) => {
      const { State = 'UNKNOWN', ScheduleExpression: expression = '' } = await client.send(new GetScheduleCommand({ Name: name }))
      return {
        step: output
          .slice('Schedule'.length)
          .replace(/(?!^)[A-Z]/g, '-$&')
          .toLowerCase(),
        name,
        state: State,
        expression,
      }
    }),
  )
}
