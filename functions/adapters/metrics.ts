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
  const named = Object.entries(counts).map(([name, count]) => [toMetricName(name), count] as const)
  publish(step, named, ['BatchDuration', durationMs])
}

/**
 * Writes what a run of a scheduled step counted: `TrainedModels` of `trainedModels`, and so on, and `RunDuration`.
 *
 * @example writeRunMetrics('retrain', { failedRuns: 0, trainedModels: 1, promotedModels: 0, trainingRows: 45_000 }, 8_120)
 */
export function writeRunMetrics(step: string, counts: Readonly<Record<string, number>>, durationMs: number): void {
  const named = Object.entries(counts).map(([name, count]) => [toPascal(name), count] as const)
  publish(step, named, ['RunDuration', durationMs])
}

function publish(step: string, counts: readonly (readonly [name: string, count: number])[], [name, ms]: readonly [string, number]): void {
  const metrics = new Metrics({ namespace: metricNamespace, serviceName: step, defaultDimensions: { pipeline: pipeline.name } })
  for (const [counted, count] of counts) metrics.addMetric(counted, MetricUnit.Count, count)
  metrics.addMetric(name, MetricUnit.Milliseconds, ms)
  metrics.publishStoredMetrics()
}

/** @example toMetricName('rejected') // 'RejectedRecords' */
export function toMetricName(count: string): string {
  return count === 'records' ? 'Records' : `${toPascal(count)}Records`
}

const toPascal = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`
