/**
 * Prices in us-east-1, US dollars, without free tiers and discounts.
 *
 * Looked up (November 2026, shared/facts/lambda-kafka.md of the project names the pages): Lambda, MSK, poller units. From the services' price
 * pages as known, not looked up again: DynamoDB, S3, SNS, CloudWatch, VPC endpoints. Check them before you rely on a total.
 */
export const prices = {
  lambda: { gbSecond: { x86_64: 0.0000166667, arm64: 0.0000133334 }, millionRequests: 0.2 },
  /** One unit is up to ten pollers or 20 MB/s. */
  poller: { unitHour: 0.185, pollersPerUnit: 10, bytesPerSecPerUnit: 20_000_000 },
  msk: { diskGbMonth: 0.1 },
  mskServerless: { clusterHour: 0.75, partitionHour: 0.0015, gbIn: 0.1, gbOut: 0.05, gbMonth: 0.1 },
  dynamo: { millionWriteUnits: 0.625, millionReadUnits: 0.125, gbMonth: 0.25 },
  s3: { gbMonth: 0.023, coldGbMonth: 0.0125, thousandPuts: 0.005, thousandGets: 0.0004 },
  cloudWatch: { alarmMonth: 0.1, metricMonth: 0.3, dashboardMonth: 3, logGb: 0.5 },
  sns: { millionPublishes: 0.5 },
  endpoint: { zoneHour: 0.01 },
  /** Always-on serving, for comparison: SageMaker ml.m5.large by the hour. */
  endpointServer: { hour: 0.115 },
  crossZoneGb: 0.02,
} as const

export const hoursAMonth = 720
