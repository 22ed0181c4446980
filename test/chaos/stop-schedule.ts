import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from '@aws-sdk/client-scheduler'

/** Stops the deployed retrain schedule: what serves is this run's alone to change. */
export async function stopSchedule(name: string): Promise<void> {
  const client = new SchedulerClient()
  const { ScheduleExpression, FlexibleTimeWindow, Target } = await client.send(new GetScheduleCommand({ Name: name }))
  await client.send(new UpdateScheduleCommand({ Name: name, ScheduleExpression, FlexibleTimeWindow, Target, State: 'DISABLED' }))
}
