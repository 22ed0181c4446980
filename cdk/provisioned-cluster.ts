import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling'
import * as logs from 'aws-cdk-lib/aws-logs'
import * as msk from 'aws-cdk-lib/aws-msk'
import { RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Cluster, Network } from './cluster.ts'
import { ClusterNetwork } from './network.ts'
import type { Settings } from './setting-table.ts'
import type { Stores } from './stores.ts'
import { topicSettings } from './topics.ts'
import { countZones } from './zones.ts'

const exporter = { enabledInBroker: true }
const hourMs = 3_600_000
/** AWS advises 50 to 60: a disk grows by a tenth at a time, and six hours pass before it may grow again. */
const fullPercent = 60
const mostDiskGb = 16_384

/** A provisioned MSK cluster of this pipeline alone: KRaft, TLS, IAM and nothing else, broker logs, open monitoring for Prometheus. */
export class ProvisionedCluster extends Construct implements Cluster {
  readonly arn: string
  readonly clusterName: string
  readonly auth = 'iam'
  readonly network: Network
  readonly ways: ClusterNetwork

  constructor(scope: Construct, id: string, settings: Settings, stores: Stores) {
    super(scope, id)
    const name = Stack.of(this).stackName // MSK asks for names; the stack's is unique in the account and region
    const network = new ClusterNetwork(this, 'Network', settings, stores)
    const brokerLogs = new logs.LogGroup(this, 'BrokerLogs', { retention: settings.logDays, removalPolicy: RemovalPolicy.DESTROY })
    const configuration = new msk.CfnConfiguration(this, 'Configuration', {
      name,
      serverProperties: toServerProperties(countZones(settings)),
    })
    const cluster = new msk.CfnCluster(this, 'Brokers', {
      clusterName: name,
      kafkaVersion: '4.1.x.kraft', // the line that the local run tests with
      configurationInfo: { arn: configuration.attrArn, revision: configuration.attrLatestRevisionRevision },
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
    this.clusterName = name
    this.network = network.functions
    this.ways = network
    this.growDisks(settings)
  }

  /**
   * Lets MSK enlarge the disks of all brokers before they are full. None ever shrinks again.
   *
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-autoexpand.html
   */
  private growDisks({ brokerDiskGb, brokerDiskGbAtMost = Math.min(10 * brokerDiskGb, mostDiskGb) }: Settings): void {
    if (brokerDiskGbAtMost === brokerDiskGb) return
    const of = { serviceNamespace: 'kafka', resourceId: this.arn, scalableDimension: 'kafka:broker-storage:VolumeSize' }
    const target = new scaling.CfnScalableTarget(this, 'Disks', { ...of, minCapacity: 1, maxCapacity: brokerDiskGbAtMost })
    new scaling.CfnScalingPolicy(this, 'DiskGrowth', {
      policyName: `${Stack.of(this).stackName}-disks`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: target.ref,
      targetTrackingScalingPolicyConfiguration: {
        predefinedMetricSpecification: { predefinedMetricType: 'KafkaBrokerStorageUtilization' },
        targetValue: fullPercent,
        disableScaleIn: true,
      },
    })
  }
}

/**
 * What MSK would else choose: among it that a broker may lead which lacks acknowledged records (`unclean.leader.election.enable` is true
 * there without tiered storage). Topics of ours say their own, so the rest is for whatever else is made on the cluster.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-default-configuration.html
 */
function toServerProperties(replicaCount: number): string {
  const properties = {
    'auto.create.topics.enable': false,
    'default.replication.factor': replicaCount,
    'log.retention.hours': topicSettings.events.retentionMs / hourMs,
    'min.insync.replicas': replicaCount - 1,
    'unclean.leader.election.enable': false,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
