import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'

/** CloudWatch's namespace of every metric; the dimensions are `service`, the step, and `pipeline`. */
export const metricNamespace = 'Millrace'

/** Whose metrics: the dimensions of each. */
export interface MetricsOf {
  readonly step: string
  readonly pipeline: string
}

/**
 * Writes what a step counted in one run to the log in CloudWatch's embedded metric format: `AcceptedRecords` of `accepted`, and so on.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @example writeMetrics({ step: 'preprocess', pipeline: 'flights' }, { records: 5_000, rejected: 3, failed: 0 }, 812)
 */
export function writeMetrics(of: MetricsOf, counts: Readonly<Record<string, number>>, durationMs: number): void {
  const named = Object.entries(counts).map(([name, count]) => [toMetricName(name), count] as const)
  publish(of, named, ['BatchDuration', durationMs])
}

/**
 * Writes what a run of a scheduled step counted: `TrainedModels` of `trainedModels`, and so on, and `RunDuration`.
 *
 * @example writeRunMetrics({ step: 'retrain', pipeline: 'flights' }, { failedRuns: 0, trainedModels: 1, promotedModels: 0, trainingRows: 45_000 }, 8_120)
 */
export function writeRunMetrics(of: MetricsOf, counts: Readonly<Record<string, number>>, durationMs: number): void {
  const named = Object.entries(counts).map(([name, count]) => [toPascal(name), count] as const)
  publish(of, named, ['RunDuration', durationMs])
}

function publish(
  { step, pipeline }: MetricsOf,
  counts: readonly (readonly [name: string, count: number])[],
  [name, ms]: readonly [string, number],
): void {
  const metrics = new Metrics({ namespace: metricNamespace, serviceName: step, defaultDimensions: { pipeline } })
  for (const [counted, count] of counts) metrics.addMetric(counted, MetricUnit.Count, count)
  metrics.addMetric(name, MetricUnit.Milliseconds, ms)
  metrics.publishStoredMetrics()
}

/** @example toMetricName('rejected') // 'RejectedRecords' */
export function toMetricName(count: string): string {
  return count === 'records' ? 'Records' : `${toPascal(count)}Records`
}

const toPascal = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`
