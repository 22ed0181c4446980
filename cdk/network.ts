import * as ec2 from 'aws-cdk-lib/aws-ec2'
import { Role } from 'aws-cdk-lib/aws-iam'
import * as logs from 'aws-cdk-lib/aws-logs'
import { Annotations, CfnOutput, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Network } from './cluster.ts'
import { type EndpointName, endpointStatements } from './endpoint-policies.ts'
import type { Settings } from './setting-table.ts'
import type { Stores } from './stores.ts'
import { servicePrincipal } from './trust.ts'

/** Brokers listen here for TLS with IAM, and nowhere else. */
const iamPort = 9098
/** Prometheus finds the exporters of open monitoring here: Kafka's own metrics, and the machine's. */
const exporterPorts = { JMX: 11_001, node: 11_002 }

const { InterfaceVpcEndpointAwsService: service } = ec2

/**
 * MSK's control plane, which names the brokers. AWS takes no new endpoint of the older service, com.amazonaws.<region>.kafka.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/privatelink-vpc-endpoints.html
 */
const kafkaControl = {
  'dual-stack': new service('kafka-api', 'aws.api'),
  ipv4: new service('kafka'),
} as const

/**
 * What is called from inside the VPC, in each mode. Provisioned pollers need no endpoint of Lambda and STS; what is given up goes to S3;
 * logs, metrics and traces do not leave through the VPC.
 */
const endpointsOf = {
  provisioned: { Sns: service.SNS },
  'on-demand': { Sns: service.SNS, Lambda: service.LAMBDA, Sts: service.STS },
} as const

/**
 * The network of a new cluster: its VPC (ours, without a way out, or one that is given), and security groups that name each other.
 *
 * A given VPC brings its own ways to S3, DynamoDB, MSK's API and the services of `endpointsOf`.
 */
export class ClusterNetwork extends Construct {
  readonly brokerGroup: ec2.SecurityGroup
  readonly subnetIds: readonly string[]
  /** Where functions run. */
  readonly functions: Network

  constructor(scope: Construct, id: string, settings: Settings, stores: Stores) {
    super(scope, id)
    const { vpcId, subnetIds, pollers, kafkaApi, onFailure } = settings
    const { vpc, subnets } = vpcId === undefined ? this.makeVpc(settings) : useVpc(this, vpcId, subnetIds)
    const group = (name: string, description: string) => new ec2.SecurityGroup(this, name, { vpc, allowAllOutbound: false, description })

    const brokers = group('BrokerGroup', 'Kafka brokers and pollers')
    const functions = group('FunctionGroup', 'Functions')
    brokers.connections.allowInternally(ec2.Port.tcp(iamPort), 'Lambda polls from the brokers own group')
    functions.connections.allowTo(brokers, ec2.Port.tcp(iamPort), 'Functions produce')
    // The gateways' addresses are public, and their prefix lists are known to AWS alone: a look-up would need credentials at every synth, or
    // a function that may read the account's lists. The subnets have no route to another address, and the gateways' policies say the rest
    functions.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'S3 and DynamoDB through their gateways')
    if (settings.cluster.kind === 'provisioned') {
      const scrapers = group('MonitoringGroup', 'Prometheus, and nobody else until it is given this group')
      for (const [exporter, port] of Object.entries(exporterPorts)) {
        scrapers.connections.allowTo(brokers, ec2.Port.tcp(port), `Prometheus reads the ${exporter} exporter`)
      }
      new CfnOutput(Stack.of(this), 'MonitoringSecurityGroup', { value: scrapers.securityGroupId })
    }
    if (vpcId === undefined) {
      const endpoints = group('EndpointGroup', 'Endpoints of AWS')
      functions.connections.allowTo(endpoints, ec2.Port.tcp(443), 'Functions call AWS')
      if (pollers === 'on-demand') brokers.connections.allowTo(endpoints, ec2.Port.tcp(443), 'Pollers call Lambda and STS')
      if (pollers === 'on-demand' && onFailure === 's3') {
        brokers.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'Pollers put aside in S3 through its gateway') // as the functions above
      }
      const made: Partial<Record<EndpointName, ec2.VpcEndpoint>> = {
        S3: vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 }),
        DynamoDb: vpc.addGatewayEndpoint('DynamoDb', { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB }),
      }
      for (const [name, endpoint] of Object.entries({ Kafka: kafkaControl[kafkaApi], ...endpointsOf[pollers] }) as [
        EndpointName,
        ec2.IInterfaceVpcEndpointService,
      ][]) {
        made[name] = vpc.addInterfaceEndpoint(name, { service: endpoint, subnets: { subnets }, securityGroups: [endpoints], open: false })
      }
      const allowed = endpointStatements(Stack.of(this), stores)
      for (const [name, endpoint] of Object.entries(made) as [EndpointName, ec2.VpcEndpoint][]) {
        for (const statement of allowed[name]) endpoint.addToPolicy(statement)
      }
    } else if (pollers === 'on-demand') {
      brokers.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'Pollers call Lambda and STS through the endpoints of the VPC')
    }
    this.brokerGroup = brokers
    this.subnetIds = subnets.map(subnet => subnet.subnetId)
    this.functions = { vpc, vpcSubnets: { subnets }, securityGroups: [functions] }
  }

  private makeVpc({ natGateways, logDays, zones = { count: 3 } }: Settings) {
    const hasExit = natGateways > 0
    const inner = { cidrMask: 22, name: hasExit ? 'Private' : 'Isolated' }
    const vpc = new ec2.Vpc(this, 'Vpc', {
      // Without names by number: resolved when deployed, so that a synth needs no credentials
      availabilityZones: zones.names ? [...zones.names] : Array.from({ length: zones.count }, (_, zone) => Fn.select(zone, Fn.getAzs())),
      natGateways,
      restrictDefaultSecurityGroup: false, // nothing is in it, and closing it would take a function with wide permissions
      subnetConfiguration: hasExit
        ? [
            { ...inner, subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
            { cidrMask: 26, name: 'Public', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
          ]
        : [{ ...inner, subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
    }) as ec2.Vpc & ec2.IVpc // the CDK's own types do not hold under exactOptionalPropertyTypes
    const logGroup = new logs.LogGroup(this, 'FlowLogs', { retention: logDays, removalPolicy: RemovalPolicy.DESTROY })
    const arn = Stack.of(this).formatArn({ service: 'ec2', resource: 'vpc-flow-log', resourceName: '*' }) // its id is unknown until it is made
    const writer = new Role(this, 'FlowLogRole', { assumedBy: servicePrincipal('vpc-flow-logs', arn) })
    vpc.addFlowLog('Refused', {
      destination: ec2.FlowLogDestination.toCloudWatchLogs(logGroup, writer),
      trafficType: ec2.FlowLogTrafficType.REJECT, // what a closed group turned away; all traffic would cost as much as the brokers
    })
    return { vpc: vpc as ec2.IVpc, subnets: hasExit ? vpc.privateSubnets : vpc.isolatedSubnets }
  }
}

/** A VPC that is there. Its zones are never read: a placeholder saves a look-up that needs credentials. */
export function useVpc(scope: Construct, vpcId: string, subnetIds: readonly string[]) {
  const vpc = ec2.Vpc.fromVpcAttributes(scope, 'Vpc', { vpcId, availabilityZones: ['unused'] })
  const subnets = subnetIds.map(id => ec2.Subnet.fromSubnetId(scope, id, id))
  for (const subnet of subnets) Annotations.of(subnet).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId') // no route is read of them
  return { vpc, subnets }
}
