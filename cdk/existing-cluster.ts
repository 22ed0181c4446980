import * as ec2 from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'
import type { Cluster } from './cluster.ts'
import { useVpc } from './network.ts'
import type { Settings } from './setting-table.ts'

/** A cluster that is there already, by its ARN. It stays as it is, whatever becomes of the stack. */
export function useCluster(scope: Construct, arn: string, settings: Settings): Cluster {
  const { kafkaAuth: auth, vpcId, subnetIds, securityGroupIds } = settings
  if (vpcId === undefined) return { arn, auth }
  const { vpc, subnets } = useVpc(scope, vpcId, subnetIds)
  const securityGroups = securityGroupIds.map(id => ec2.SecurityGroup.fromSecurityGroupId(scope, id, id, { mutable: false }))
  return { arn, auth, network: { vpc, vpcSubnets: { subnets }, securityGroups } }
}
