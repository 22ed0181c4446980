import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import * as logs from 'aws-cdk-lib/aws-logs'
import { Duration, Stack } from 'aws-cdk-lib/core'
import type { StepFunction } from './step-function.ts'
import { type KafkaStepRow, toId } from './steps.ts'

/** A metric that CloudWatch counts from the lines that a step logs, one a batch. */
export interface BatchMetrics {
  /** Records that came, those that come again included. */
  readonly records: cloudwatch.IMetric
  /** Records that went to `rejected`, of a step that writes there. */
  readonly rejected?: cloudwatch.IMetric
}

/**
 * Counts a step's records from its own log, so that the step pays no call for it.
 *
 * The namespace holds the stack's name: two pipelines do not mix.
 */
export function countFromLog({ name, writes }: KafkaStepRow, step: StepFunction): BatchMetrics {
  const namespace = `Millrace/${Stack.of(step).stackName}`
  const count = (field: string, metricName: string) => {
    new logs.MetricFilter(step, metricName, {
      logGroup: step.logGroup,
      metricNamespace: namespace,
      metricName: `${toId(name)}${metricName}`,
      filterPattern: logs.FilterPattern.exists(`$.${field}`),
      metricValue: `$.${field}`,
    })
    return new cloudwatch.Metric({ namespace, metricName: `${toId(name)}${metricName}`, statistic: 'Sum', period: Duration.minutes(5) })
  }
  return {
    records: count('records', 'Records'),
    ...(writes.includes('rejected') && { rejected: count('rejected', 'RejectedRecords') }),
  }
}

/**
 * How many records of its topics a step is behind.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export const lagOf = ({ function: { functionName } }: StepFunction) =>
  new cloudwatch.Metric({
    namespace: 'AWS/Lambda',
    metricName: 'OffsetLag',
    dimensionsMap: { FunctionName: functionName },
    statistic: 'Maximum',
    period: Duration.minutes(5),
  })
