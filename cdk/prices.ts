/**
 * Prices in us-east-1, US dollars, without free tiers and discounts, by what stored copies of public pages and repositories said in November
 * 2026. AWS's own pages: poller units (Developer Guide of Lambda, cost example of mapping groups), X-Ray (pricing page, 0.000005 a trace),
 * CloudWatch (pricing page), interface endpoints' gigabytes (PrivateLink pricing page). AWS's price list, copied elsewhere: Lambda (October 2025),
 * poller units and MSK (September 2026), DynamoDB's requests (halved in November 2024) and capacity (0.00065 and 0.00013 an hour), S3 and its
 * infrequent access. As they are known, not found in a copy: the hour of an interface endpoint, MSK Serverless today, Fargate, SageMaker.
 * Check them before you rely on a total.
 */
export const prices = {
  lambda: { gbSecond: { x86_64: 0.0000166667, arm64: 0.0000133334 }, millionRequests: 0.2 },
  /** One unit carries ten pollers, or 20 MB/s. */
  poller: { unitHour: 0.185, pollersPerUnit: 10, bytesPerSecPerUnit: 20_000_000 },
  msk: { diskGbMonth: 0.1, crossZoneGb: 0.02 },
  mskServerless: { clusterHour: 0.75, partitionHour: 0.0015, gbIn: 0.1, gbOut: 0.05, diskGbMonth: 0.1 },
  dynamo: {
    millionWriteUnits: 0.625,
    millionReadUnits: 0.125,
    gbMonth: 0.25,
    recoveryGbMonth: 0.2,
    /** An hour of a unit a second. */
    provisioned: { writeHour: 0.00065, readHour: 0.00013 },
  },
  s3: { gbMonth: 0.023, coldGbMonth: 0.0125, thousandPuts: 0.005, thousandGets: 0.0004 },
  cloudWatch: { alarmMetricMonth: 0.1, metricMonth: 0.3, dashboardMonth: 3, logGb: 0.5 },
  xray: { millionTraces: 5, sampledRatio: 0.05 },
  endpoint: { zoneHour: 0.01 },
  fargate: { vcpuHour: 0.04048, gbHour: 0.004445 },
  /** A SageMaker endpoint on ml.m5.large. */
  alwaysOn: { instanceHour: 0.115 },
} as const
