import * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as logs from 'aws-cdk-lib/aws-logs'
import * as msk from 'aws-cdk-lib/aws-msk'
import { Fn, RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import { topicName, topicSuffixes } from '#models/topics.ts'
import type { Cluster, Network } from './cluster.ts'
import { toConfigs, topicSettings } from './topics.ts'

const zoneCount = 3
const iamPort = 9098 // brokers listen here for TLS with IAM, and nowhere else

/** A provisioned MSK cluster of this pipeline alone, in a VPC without a way out, with its topics. */
export class CreatedCluster extends Construct implements Cluster {
  readonly arn: string
  readonly auth = 'iam'
  readonly network: Network
  readonly topics: readonly Construct[]

  constructor(scope: Construct, id: string, pipeline: string) {
    super(scope, id)
    const vpc = this.makeVpc()
    const brokers = new ec2.SecurityGroup(this, 'BrokerGroup', { vpc, allowAllOutbound: false, description: 'Kafka brokers and pollers' })
    const functions = new ec2.SecurityGroup(this, 'FunctionGroup', { vpc, allowAllOutbound: false, description: 'Functions' })
    const endpoints = new ec2.SecurityGroup(this, 'EndpointGroup', { vpc, allowAllOutbound: false, description: 'Endpoints of AWS' })
    brokers.connections.allowInternally(ec2.Port.tcp(iamPort), 'Lambda polls from the brokers own group')
    functions.connections.allowTo(brokers, ec2.Port.tcp(iamPort), 'Functions produce')
    functions.connections.allowTo(endpoints, ec2.Port.tcp(443), 'Functions call AWS')
    // S3 and DynamoDB are reached through gateways, whose addresses are public; the subnets have no route to any other
    functions.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'S3 and DynamoDB through their gateways')
    this.addEndpoints(vpc, endpoints)

    const cluster = this.makeCluster(vpc, brokers)
    this.arn = cluster.attrArn
    this.network = { vpc, vpcSubnets: { subnets: vpc.isolatedSubnets }, securityGroups: [functions] }
    this.topics = topicSuffixes.map(suffix => {
      const topic = new msk.CfnTopic(this, `Topic-${suffix}`, {
        clusterArn: cluster.attrArn,
        topicName: topicName(pipeline, suffix),
        partitionCount: topicSettings[suffix].partitionCount,
        replicationFactor: zoneCount,
        configs: toConfigs(suffix),
      })
      topic.applyRemovalPolicy(RemovalPolicy.RETAIN) // no deployment deletes a topic; only deleting the cluster does
      return topic
    })
  }

  private makeVpc(): ec2.IVpc {
    const vpc = new ec2.Vpc(this, 'Vpc', {
      // Zones by number: resolved when deployed, so that a synth needs no credentials
      availabilityZones: Array.from({ length: zoneCount }, (_, zone) => Fn.select(zone, Fn.getAzs())),
      natGateways: 0,
      restrictDefaultSecurityGroup: false, // nothing is in it, and closing it would take a function with wide permissions
      subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 22 }],
    })
    return vpc as ec2.IVpc // the CDK's own types do not hold under exactOptionalPropertyTypes
  }

  /** Only what functions call. Provisioned pollers need no endpoints of Lambda and STS; logs do not leave through the VPC. */
  private addEndpoints(vpc: ec2.IVpc, group: ec2.SecurityGroup): void {
    vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 })
    vpc.addGatewayEndpoint('DynamoDb', { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB })
    const kafka = new ec2.InterfaceVpcEndpointAwsService('kafka') // the control plane, which names the brokers
    for (const [id, service] of Object.entries({ Kafka: kafka, Sns: ec2.InterfaceVpcEndpointAwsService.SNS })) {
      vpc.addInterfaceEndpoint(id, { service, securityGroups: [group], open: false })
    }
  }

  private makeCluster(vpc: ec2.IVpc, group: ec2.SecurityGroup): msk.CfnCluster {
    const brokerLogs = new logs.LogGroup(this, 'BrokerLogs', {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    return new msk.CfnCluster(this, 'Brokers', {
      clusterName: Stack.of(this).stackName, // MSK asks for a name; the stack's is unique in the account and region
      kafkaVersion: '4.1.x.kraft', // the line that the local run tests with
      numberOfBrokerNodes: zoneCount,
      brokerNodeGroupInfo: {
        instanceType: 'kafka.m7g.large',
        clientSubnets: vpc.isolatedSubnets.map(subnet => subnet.subnetId),
        securityGroups: [group.securityGroupId],
        storageInfo: { ebsStorageInfo: { volumeSize: 100 } },
      },
      clientAuthentication: { sasl: { iam: { enabled: true } }, unauthenticated: { enabled: false } },
      encryptionInfo: { encryptionInTransit: { clientBroker: 'TLS', inCluster: true } }, // at rest always, with MSK's own key
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: brokerLogs.logGroupName } } },
    })
  }
}
