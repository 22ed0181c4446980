import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { Duration } from 'aws-cdk-lib/core'
import type { StepFunction } from './step-function.ts'
import { type KafkaStepRow, toId } from './steps.ts'

const period = Duration.minutes(5)

/** What a step says of its batches in its log, in CloudWatch's embedded format (functions/adapters/metrics.ts). */
export interface BatchMetrics {
  /** Records that came, those that come again included. */
  readonly records: cloudwatch.IMetric
  /** Records that went to `rejected`, of a step that writes there. */
  readonly rejected?: cloudwatch.IMetric
  /** Records that it judged and did not reject, of a step that does not judge all that comes. */
  readonly accepted?: cloudwatch.IMetric
}

/** The metrics that a step writes: their dimensions keep pipelines and steps apart. */
export function batchMetrics({ name, writes, accepts }: KafkaStepRow, pipeline: string): BatchMetrics {
  const metric = (metricName: string) =>
    new cloudwatch.Metric({ namespace: 'Millrace', metricName, dimensionsMap: { service: name, pipeline }, statistic: 'Sum', period })
  return {
    records: metric('Records'),
    ...(writes.includes('rejected') && { rejected: metric('RejectedRecords') }),
    ...(accepts !== undefined && { accepted: metric(`${toId(accepts)}Records`) }),
  }
}

/**
 * How many records of its topics a step is behind.
 *
 * @see https://aws.amazon.com/blogs/compute/offset-lag-metric-for-amazon-msk-as-an-event-source-for-lambda/
 */
export const lagOf = ({ function: { functionName } }: StepFunction) =>
  new cloudwatch.Metric({
    namespace: 'AWS/Lambda',
    metricName: 'OffsetLag',
    dimensionsMap: { FunctionName: functionName },
    statistic: 'Maximum',
    period,
  })
