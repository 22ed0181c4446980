import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch'
import type { OpenAlarm } from './status.ts'

/** The alarms that are raised now, of those whose names begin with the stack's, as CloudFormation names them. */
export async function readAlarms(stackName: string): Promise<OpenAlarm[]> {
  const raised: OpenAlarm[] = []
  const request = { AlarmNamePrefix: `${stackName}-`, StateValue: 'ALARM' as const }
  for await (const page of paginateDescribeAlarms({ client: new CloudWatchClient() }, request)) {
    for (const { AlarmName = '', StateTransitionedTimestamp, StateReason = '' } of page.MetricAlarms ?? []) {
      raised.push({ name: AlarmName, sinceMs: StateTransitionedTimestamp?.getTime() ?? null, reason: StateReason })
    }
  }
  return raised
}
