import type * as ec2 from 'aws-cdk-lib/aws-ec2'
import { Fn } from 'aws-cdk-lib/core'
import type { IDependable } from 'constructs'

/** Where a function must run to reach the brokers. */
export interface Network {
  readonly vpc: ec2.IVpc
  readonly vpcSubnets: ec2.SubnetSelection
  readonly securityGroups: ec2.ISecurityGroup[]
}

/** A Kafka cluster as the steps see it, whoever made it. */
export interface Cluster {
  readonly arn: string
  readonly auth: 'iam' | 'none'
  /** Absent: functions run outside any VPC. */
  readonly network?: Network
  /** What must be there before a topic can be polled. */
  readonly topics: readonly IDependable[]
}

/**
 * The ARN of a topic or a group of the cluster, for Kafka's data actions.
 *
 * @example kafkaArn(cluster, 'topic', 'flights.events') // arn:aws:kafka:…:topic/<cluster>/<uuid>/flights.events
 */
export function kafkaArn(cluster: Cluster, kind: 'topic' | 'group', name: string): string {
  return `${Fn.join(`:${kind}/`, Fn.split(':cluster/', cluster.arn, 2))}/${name}`
}
