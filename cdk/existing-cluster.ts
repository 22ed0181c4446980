import * as ec2 from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'
import type { Cluster } from './cluster.ts'
import type { Settings } from './settings.ts'

/** A cluster that is there already, by its ARN; its topics are its owner's. */
export function useCluster(scope: Construct, clusterArn: string, settings: Settings): Cluster {
  const { kafkaAuth: auth, vpcId, subnetIds, securityGroupIds } = settings
  const cluster = { arn: clusterArn, auth, topics: [] }
  if (vpcId === undefined) return cluster
  return {
    ...cluster,
    network: {
      // Lambda is given subnets; zones are never read, and a placeholder saves a look-up that needs credentials
      vpc: ec2.Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId, availabilityZones: ['unused'] }),
      vpcSubnets: { subnets: subnetIds.map(id => ec2.Subnet.fromSubnetId(scope, id, id)) },
      securityGroups: securityGroupIds.map(id => ec2.SecurityGroup.fromSecurityGroupId(scope, id, id, { mutable: false })),
    },
  }
}
