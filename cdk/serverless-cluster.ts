import * as msk from 'aws-cdk-lib/aws-msk'
import { Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Cluster, Network } from './cluster.ts'
import { ClusterNetwork } from './network.ts'
import type { Settings } from './setting-table.ts'
import type { Stores } from './stores.ts'

/** An MSK Serverless cluster of this pipeline alone. It knows IAM and TLS only, and offers neither broker logs nor exporters. */
export class ServerlessCluster extends Construct implements Cluster {
  readonly arn: string
  readonly auth = 'iam'
  readonly network: Network
  readonly ways: ClusterNetwork

  constructor(scope: Construct, id: string, settings: Settings, stores: Stores) {
    super(scope, id)
    const network = new ClusterNetwork(this, 'Network', settings, stores)
    const cluster = new msk.CfnServerlessCluster(this, 'Brokers', {
      clusterName: Stack.of(this).stackName,
      clientAuthentication: { sasl: { iam: { enabled: true } } },
      vpcConfigs: [{ subnetIds: [...network.subnetIds], securityGroups: [network.brokerGroup.securityGroupId] }],
    })
    this.arn = cluster.attrArn
    this.network = network.functions
    this.ways = network
  }
}
