import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { existingArn, resourcesOf, synthesize } from './template.ts'

const modes = {
  provisioned: synthesize({}),
  serverless: synthesize({ cluster: 'serverless' }),
  'on-demand': synthesize({ pollers: 'on-demand' }),
  'in a given VPC': synthesize({ vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2,subnet-3' }),
}

const portsOf = (mode: keyof typeof modes) =>
  resourcesOf(modes[mode], 'AWS::EC2::SecurityGroupIngress')
    .map(({ Properties }) => Properties.FromPort as number)
    .sort((one, other) => one - other)

const endpointsOf = (mode: keyof typeof modes) =>
  resourcesOf(modes[mode], 'AWS::EC2::VPCEndpoint')
    .map(({ Properties }) => /\.([\w-]+)"/.exec(JSON.stringify(Properties.ServiceName))![1])
    .sort()

describe('the network of a new cluster', () => {
  for (const [mode, template] of Object.entries(modes)) {
    it(`lets nothing in from an address, only from security groups that it names, ${mode}`, () => {
      const inline = resourcesOf(template, 'AWS::EC2::SecurityGroup').flatMap(({ Properties }) => Properties.SecurityGroupIngress ?? [])
      assert.deepEqual(inline, [])
      for (const { Properties } of resourcesOf(template, 'AWS::EC2::SecurityGroupIngress')) {
        assert.equal(Properties.FromPort, Properties.ToPort)
        assert.ok(Properties.SourceSecurityGroupId)
        assert.equal(Properties.CidrIp ?? Properties.CidrIpv6, undefined)
      }
    })
    it(`has no way to the internet, ${mode}`, () => {
      for (const type of ['AWS::EC2::NatGateway', 'AWS::EC2::InternetGateway']) template.resourceCountIs(type, 0)
    })
  }
  it('opens the brokers to clients and pollers by IAM, and to Prometheus', () => {
    assert.deepEqual(portsOf('provisioned'), [443, 9098, 9098, 11_001, 11_002])
  })
  it('opens no exporter where a cluster has none', () => {
    assert.deepEqual(portsOf('serverless'), [443, 9098, 9098])
  })
  it('reaches S3, DynamoDB, SNS and the Kafka API through endpoints', () => {
    assert.deepEqual(endpointsOf('provisioned'), ['dynamodb', 'kafka-api', 's3', 'sns'])
    assert.deepEqual(endpointsOf('serverless'), ['dynamodb', 'kafka-api', 's3', 'sns'])
  })
  it('adds endpoints of Lambda and STS, and lets the pollers reach them, where pollers are on demand', () => {
    assert.deepEqual(endpointsOf('on-demand'), ['dynamodb', 'kafka-api', 'lambda', 's3', 'sns', 'sts'])
    assert.deepEqual(portsOf('on-demand'), [443, 443, 9098, 9098, 11_001, 11_002])
  })
  it('has ways out only where they are asked for', () => {
    const template = synthesize({ natGateways: '1' })
    template.resourceCountIs('AWS::EC2::NatGateway', 1)
    for (const { Properties } of resourcesOf(template, 'AWS::EC2::Subnet')) assert.equal(Properties.MapPublicIpOnLaunch, false)
  })
  it('logs what its security groups refuse', () => {
    modes.provisioned.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT' })
  })
  it('makes no VPC, subnet or endpoint in a VPC that is given, and puts brokers and functions there', () => {
    const template = modes['in a given VPC']
    for (const type of ['AWS::EC2::VPC', 'AWS::EC2::Subnet', 'AWS::EC2::VPCEndpoint']) template.resourceCountIs(type, 0)
    template.hasResourceProperties('AWS::MSK::Cluster', { BrokerNodeGroupInfo: { ClientSubnets: ['subnet-1', 'subnet-2', 'subnet-3'] } })
    const functions = template.findResources('AWS::Lambda::Function', {
      Properties: { VpcConfig: { SubnetIds: ['subnet-1', 'subnet-2', 'subnet-3'] } },
    })
    assert.equal(Object.keys(functions).length, 8) // collect and the maker of topics too
  })
  it('is not made for an existing cluster', () => {
    const template = synthesize({ cluster: existingArn })
    for (const type of ['AWS::MSK::Cluster', 'AWS::EC2::VPC', 'AWS::EC2::SecurityGroup']) template.resourceCountIs(type, 0)
  })
})
