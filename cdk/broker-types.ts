/**
 * The instance types of standard MSK brokers, with their price by the hour in us-east-1 (US dollars).
 *
 * Looked up: m5.large, m7g.large, m7g.xlarge; the larger ones are their multiples, as MSK's prices are.
 * kafka.t3.small is left out: it takes four new IAM connections a second, and a deployment opens more (SaslAuthenticationException).
 * Express brokers are left out: they fix replication and take no disk, which is another cluster.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/broker-instance-types.html
 */
export const brokerTypes = {
  'kafka.m5.large': { usdPerHour: 0.21 },
  'kafka.m5.xlarge': { usdPerHour: 0.42 },
  'kafka.m5.2xlarge': { usdPerHour: 0.84 },
  'kafka.m5.4xlarge': { usdPerHour: 1.68 },
  'kafka.m5.8xlarge': { usdPerHour: 3.36 },
  'kafka.m5.12xlarge': { usdPerHour: 5.04 },
  'kafka.m5.16xlarge': { usdPerHour: 6.72 },
  'kafka.m5.24xlarge': { usdPerHour: 10.08 },
  'kafka.m7g.large': { usdPerHour: 0.204 },
  'kafka.m7g.xlarge': { usdPerHour: 0.408 },
  'kafka.m7g.2xlarge': { usdPerHour: 0.816 },
  'kafka.m7g.4xlarge': { usdPerHour: 1.632 },
  'kafka.m7g.8xlarge': { usdPerHour: 3.264 },
  'kafka.m7g.12xlarge': { usdPerHour: 4.896 },
  'kafka.m7g.16xlarge': { usdPerHour: 6.528 },
} as const

export type BrokerType = keyof typeof brokerTypes
