import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type { EventSourceMapping } from 'aws-cdk-lib/aws-lambda'
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
  const metric = (count: string) => countMetric(name, pipeline, count)
  return {
    records: stepMetric(name, pipeline, 'Records'),
    ...(writes.includes('rejected') && { rejected: metric('rejected') }),
    ...(accepts !== undefined && { accepted: metric(accepts) }),
  }
}

/** What a step counts under this name in its batches. @example countMetric('deliver', 'flights', 'rejected') // RejectedRecords */
export const countMetric = (step: string, pipeline: string, count: string) => stepMetric(step, pipeline, `${toId(count)}Records`)

/** A metric of a step by its own name. */
export const stepMetric = (service: string, pipeline: string, metricName: string) =>
  new cloudwatch.Metric({ namespace: 'Millrace', metricName, dimensionsMap: { service, pipeline }, statistic: 'Sum', period })

/**
 * Events of a mapping that Lambda gave up: that its bucket has, or that nobody has. A mapping is asked for these metrics.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
 */
export const mappingMetric = (
  { eventSourceMappingId }: EventSourceMapping,
  metricName: 'OnFailureDestinationDeliveredEventCount' | 'DroppedEventCount',
) =>
  new cloudwatch.Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { EventSourceMappingUUID: eventSourceMappingId },
    statistic: 'Sum',
    period,
  })

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

/** What MSK says of a cluster that is made, of one of its brokers, or of a consumer group on a topic. All of it at the level DEFAULT, which is free. */
export type ClusterPart =
  | { readonly metricName: 'ActiveControllerCount' | 'OfflinePartitionsCount' }
  | { readonly metricName: 'KafkaDataLogsDiskUsed' | 'UnderMinIsrPartitionCount' | 'UnderReplicatedPartitions'; readonly broker: number }
  | { readonly metricName: 'EstimatedMaxTimeLag'; readonly group: string; readonly topic: string }

/**
 * The greatest value in a period of what MSK says.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html
 */
export const clusterMetric = (clusterName: string, part: ClusterPart) =>
  new cloudwatch.Metric({
    namespace: 'AWS/Kafka',
    metricName: part.metricName,
    dimensionsMap: {
      'Cluster Name': clusterName,
      ...('broker' in part && { 'Broker ID': String(part.broker) }),
      ...('group' in part && { 'Consumer Group': part.group, Topic: part.topic }),
    },
    statistic: 'Maximum',
    period,
  })
