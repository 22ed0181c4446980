import type * as ec2 from 'aws-cdk-lib/aws-ec2'
import { Fn } from 'aws-cdk-lib/core'
import type { IDependable } from 'constructs'
import type { Settings } from './setting-table.ts'

/** Where a function must run to reach the brokers. */
export interface Network {
  readonly vpc: ec2.IVpc
  readonly vpcSubnets: ec2.SubnetSelection
  readonly securityGroups: ec2.ISecurityGroup[]
}

/** A Kafka cluster as the steps see it, whoever made it. */
export interface Cluster {
  readonly arn: string
  readonly auth: Settings['kafkaAuth']
  /** Absent: functions run outside any VPC. */
  readonly network?: Network
  /** What lets a function in the VPC answer, where the stack makes it: endpoints, rules of groups, routes. */
  readonly ways?: IDependable
}

/**
 * The ARN of a topic or a group of the cluster, for Kafka's data actions.
 *
 * @example kafkaArn(cluster, 'topic', 'flights.events') // arn:aws:kafka:…:topic/<cluster>/<uuid>/flights.events
 */
export function kafkaArn(cluster: Cluster, kind: 'topic' | 'group', name: string): string {
  return `${Fn.join(`:${kind}/`, Fn.split(':cluster/', cluster.arn, 2))}/${name}`
}
