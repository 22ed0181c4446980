/**
 * Prices in us-east-1, US dollars, without free tiers and discounts.
 *
 * Looked up in November 2026: Lambda (its limits page), poller units, MSK and MSK Serverless (price lists of September 2026), DynamoDB's
 * requests (halved in November 2024). Taken from the price pages as they are known, not looked up again: S3, CloudWatch, VPC endpoints,
 * Fargate, SageMaker. Check them before you rely on a total.
 */
export const prices = {
  lambda: { gbSecond: { x86_64: 0.0000166667, arm64: 0.0000133334 }, millionRequests: 0.2 },
  /** One unit carries ten pollers, or 20 MB/s. */
  poller: { unitHour: 0.185, pollersPerUnit: 10, bytesPerSecPerUnit: 20_000_000 },
  msk: { diskGbMonth: 0.1, crossZoneGb: 0.02 },
  mskServerless: { clusterHour: 0.75, partitionHour: 0.0015, gbIn: 0.1, gbOut: 0.05, diskGbMonth: 0.1 },
  dynamo: { millionWriteUnits: 0.625, millionReadUnits: 0.125, gbMonth: 0.25 },
  s3: { gbMonth: 0.023, thousandPuts: 0.005 },
  cloudWatch: { alarmMetricMonth: 0.1, metricMonth: 0.3, dashboardMonth: 3, logGb: 0.5 },
  endpoint: { zoneHour: 0.01 },
  fargate: { vcpuHour: 0.04048, gbHour: 0.004445 },
  /** A SageMaker endpoint on ml.m5.large. */
  alwaysOn: { instanceHour: 0.115 },
} as const
