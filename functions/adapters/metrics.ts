import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { pipeline } from '#models/pipeline.ts'

/** CloudWatch's namespace of every metric; the dimensions are `service`, the step, and `pipeline`. */
export const metricNamespace = 'Millrace'

/**
 * Writes what a step counted in one run to the log in CloudWatch's embedded metric format: `AcceptedRecords` of `accepted`, and so on.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @example writeMetrics('preprocess', { records: 5_000, rejected: 3, failed: 0 }, 812)
 */
export function writeMetrics(step: string, counts: Readonly<Record<string, number>>, durationMs: number): void {
  const metrics = new Metrics({ namespace: metricNamespace, serviceName: step, defaultDimensions: { pipeline: pipeline.name } })
  for (const [name, count] of Object.entries(counts)) metrics.addMetric(toMetricName(name), MetricUnit.Count, count)
  metrics.addMetric('BatchDuration', MetricUnit.Milliseconds, durationMs)
  metrics.publishStoredMetrics()
}

/** @example toMetricName('rejected') // 'RejectedRecords' */
export function toMetricName(count: string): string {
  return count === 'records' ? 'Records' : `${count.charAt(0).toUpperCase()}${count.slice(1)}Records`
}
