import * as logs from 'aws-cdk-lib/aws-logs'
import * as msk from 'aws-cdk-lib/aws-msk'
import { RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Cluster, Network } from './cluster.ts'
import { ClusterNetwork } from './network.ts'
import type { Settings } from './setting-table.ts'
import type { Stores } from './stores.ts'

const exporter = { enabledInBroker: true }

/** A provisioned MSK cluster of this pipeline alone: KRaft, TLS, IAM and nothing else, broker logs, open monitoring for Prometheus. */
export class ProvisionedCluster extends Construct implements Cluster {
  readonly arn: string
  readonly auth = 'iam'
  readonly network: Network

  constructor(scope: Construct, id: string, settings: Settings, stores: Stores) {
    super(scope, id)
    const network = new ClusterNetwork(this, 'Network', settings, stores)
    const brokerLogs = new logs.LogGroup(this, 'BrokerLogs', { retention: settings.logDays, removalPolicy: RemovalPolicy.DESTROY })
    const cluster = new msk.CfnCluster(this, 'Brokers', {
      clusterName: Stack.of(this).stackName, // MSK asks for a name; the stack's is unique in the account and region
      kafkaVersion: '4.1.x.kraft', // the line that the local run tests with
      numberOfBrokerNodes: settings.brokerCount,
      brokerNodeGroupInfo: {
        instanceType: settings.brokerType,
        clientSubnets: [...network.subnetIds],
        securityGroups: [network.brokerGroup.securityGroupId],
        storageInfo: { ebsStorageInfo: { volumeSize: settings.brokerDiskGb } },
      },
      clientAuthentication: { sasl: { iam: { enabled: true } }, unauthenticated: { enabled: false } },
      encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } }, // at rest always, with MSK's own key
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: brokerLogs.logGroupName } } },
      openMonitoring: { prometheus: { jmxExporter: exporter, nodeExporter: exporter } },
    })
    this.arn = cluster.attrArn
    this.network = network.functions
  }
}
