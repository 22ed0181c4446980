import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Template } from 'aws-cdk-lib/assertions'
import { parseSettings } from '../../cdk/settings.ts'
import { existingArn, findStep, resourcesOf, synthesize, topicPlansOf, withInputs } from './template.ts'

/** Faults of templates that a review found (shared/facts/aws-faults.md): none of them may come back. */

const stack = synthesize({})
const inTwoZones = synthesize({ zones: '2' })
const alarmsOf = (template: Template) => resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties)
const alarmsAbout = (template: Template, text: RegExp) =>
  alarmsOf(template).filter(({ AlarmDescription }) => text.test(String(AlarmDescription)))

/** The metric of an alarm that reads one, without its numbers. */
const metricOf = ({ MetricName, Dimensions }: Readonly<Record<string, unknown>>) => [
  MetricName,
  ...(Dimensions as { readonly Name: string; readonly Value: string }[]).map(({ Name, Value }) => `${Name}=${Value}`),
]

describe('A4: a stack goes, whatever the network does', () => {
  for (const cluster of ['provisioned', 'serverless']) {
    const template = synthesize({ cluster })
    const [[, made]] = Object.entries(template.findResources('Custom::KafkaTopics'))
    it(`keeps the way of the answer to CloudFormation until the last one is sent, ${cluster}`, () => {
      const ways = [
        'AWS::EC2::VPCEndpoint',
        'AWS::EC2::SecurityGroupIngress',
        'AWS::EC2::SecurityGroupEgress',
        'AWS::EC2::SubnetRouteTableAssociation',
      ]
      for (const type of ways) {
        const ids = Object.keys(template.findResources(type))
        assert.ok(ids.length > 0, type)
        for (const id of ids) assert.ok(made.DependsOn.includes(id), id)
      }
    })
    it(`has CloudFormation wait five minutes for an answer, not an hour, ${cluster}`, () => {
      assert.equal(made.Properties.ServiceTimeout, '300')
    })
  }
})

describe('A5: a first deployment takes no quota that nobody asked for', () => {
  it('reserves no concurrency, of no function', () => {
    for (const { Properties } of resourcesOf(stack, 'AWS::Lambda::Function'))
      assert.equal(Properties.ReservedConcurrentExecutions, undefined)
  })
})

describe('A6: a mapping may do what the policy of AWS for mappings says', () => {
  it('grants DescribeClusterDynamicConfiguration to every step that is polled for', () => {
    for (const step of ['preprocess', 'infer', 'deliver', 'join', 'archive']) {
      const actions = findStep(stack, step).statements.flatMap(({ Action }) => Action)
      assert.ok(actions.includes('kafka-cluster:DescribeClusterDynamicConfiguration'), step)
    }
  })
})

describe('A7: a deployment after one that failed, or that took something away, finds nothing in its way', () => {
  it('takes away stores that a failed deployment has just made, and keeps them afterwards', () => {
    for (const type of ['AWS::S3::Bucket', 'AWS::DynamoDB::Table']) {
      for (const { DeletionPolicy, UpdateReplacePolicy } of resourcesOf(stack, type))
        assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ['RetainExceptOnCreate', 'Retain'])
    }
  })
  it('makes topics in a way that takes one which is there already, so an input may come back', () => {
    for (const cluster of ['provisioned', 'serverless', existingArn]) {
      const template = synthesize({ cluster }, undefined, withInputs)
      template.resourceCountIs('AWS::MSK::Topic', 0)
      template.resourceCountIs('Custom::KafkaTopics', 1)
    }
  })
  it('asks for the same copies of a topic from 2 brokers as from 4: a topic keeps its own', () => {
    const replicas = (brokerCount: string) =>
      new Set(topicPlansOf(synthesize({ zones: '2', brokerCount })).map(({ replicaCount }) => replicaCount))
    assert.deepEqual([replicas('2'), replicas('4')], [new Set([2]), new Set([2])])
  })
})

describe('A10: disks grow before they are full, and ring', () => {
  const growth = (context: Readonly<Record<string, unknown>>) =>
    resourcesOf(synthesize(context), 'AWS::ApplicationAutoScaling::ScalableTarget').map(({ Properties }) => Properties.MaxCapacity)
  it('lets MSK enlarge them tenfold from 60 % on, and never shrink them', () => {
    stack.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ServiceNamespace: 'kafka',
      ScalableDimension: 'kafka:broker-storage:VolumeSize',
      MinCapacity: 1,
      MaxCapacity: 1_000,
    })
    stack.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: 'KafkaBrokerStorageUtilization' },
        TargetValue: 60,
        DisableScaleIn: true,
      },
    })
  })
  it('lets them grow as far as is set, never above what MSK takes, and not at all where that is their size', () => {
    assert.deepEqual(growth({ brokerDiskGbAtMost: '300' }), [300])
    assert.deepEqual(growth({ brokerDiskGb: '16000' }), [16_384])
    assert.deepEqual(growth({ brokerDiskGbAtMost: '100' }), [])
    assert.deepEqual(growth({ cluster: 'serverless' }), [])
  })
  it('rings when any broker is 85 % full, however many there are', () => {
    const many = alarmsAbout(synthesize({ brokerCount: '12' }), /^the disk of a broker is 85 % full/)
    assert.deepEqual(
      many.map(({ Threshold }) => Threshold),
      [85, 85],
    )
    const text = JSON.stringify(many)
    for (let broker = 1; broker <= 12; broker++) assert.ok(text.includes(`{"Name":"Broker ID","Value":"${broker}"}`), String(broker))
  })
})

describe('A11: no broker leads that lacks acknowledged records', () => {
  const propertiesOf = (template: Template) => resourcesOf(template, 'AWS::MSK::Configuration')[0].Properties.ServerProperties
  it('configures the cluster so, with a copy in every zone and all but one for a write', () => {
    assert.equal(
      propertiesOf(stack),
      'auto.create.topics.enable=false\ndefault.replication.factor=3\nlog.retention.hours=168\nmin.insync.replicas=2\nunclean.leader.election.enable=false\n',
    )
    assert.match(String(propertiesOf(inTwoZones)), /factor=2\n.*\nmin.insync.replicas=1\n/)
  })
  it('has the cluster follow the newest revision', () => {
    const [id] = Object.keys(stack.findResources('AWS::MSK::Configuration'))
    stack.hasResourceProperties('AWS::MSK::Cluster', {
      ConfigurationInfo: { Arn: { 'Fn::GetAtt': [id, 'Arn'] }, Revision: { 'Fn::GetAtt': [id, 'LatestRevision.Revision'] } },
    })
  })
})

describe('A12: what does not read, and brokers that are ill, ring', () => {
  const lags = alarmsAbout(stack, /is behind flights\.\w+, or does not read it$/)
  it("goes by MSK's own estimate, for every group and topic", () => {
    const groups = resourcesOf(stack, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => [
      'EstimatedMaxTimeLag',
      'Cluster Name=Millrace-flights',
      `Consumer Group=${(Properties.AmazonManagedKafkaEventSourceConfig as { readonly ConsumerGroupId: string }).ConsumerGroupId}`,
      `Topic=${(Properties.Topics as readonly string[])[0]}`,
    ])
    assert.deepEqual(lags.map(metricOf).sort(), groups.sort())
    for (const { Threshold, EvaluationPeriods, Period } of lags) assert.deepEqual([Threshold, EvaluationPeriods, Period], [900, 3, 300])
  })
  it('takes silence for an illness where records always come, and nowhere else', () => {
    const silent = lags
      .filter(({ TreatMissingData }) => TreatMissingData === 'breaching')
      .map(({ Dimensions }) => JSON.stringify(Dimensions))
    assert.ok(silent.length > 0)
    for (const dimensions of silent) assert.match(dimensions, /"flights\.(events|features|predictions)"\}\]$/)
    for (const { TreatMissingData, Dimensions } of lags) {
      if (/"flights\.(labels|rejected|feedback)"/.test(JSON.stringify(Dimensions))) assert.equal(TreatMissingData, 'notBreaching')
    }
  })
  it('rings when partitions lack copies or a leader, and when the cluster says nothing at all', () => {
    const seen = [
      /^partitions have fewer copies/,
      /^partitions lack a copy/,
      /^partitions have no leader/,
      /^the cluster names no controller/,
    ].map(text => {
      const [{ Threshold, EvaluationPeriods, TreatMissingData, ComparisonOperator }] = alarmsAbout(stack, text)
      return [Threshold, EvaluationPeriods, TreatMissingData, ComparisonOperator]
    })
    assert.deepEqual(seen, [
      [0, 1, 'notBreaching', 'GreaterThanThreshold'],
      [0, 3, 'notBreaching', 'GreaterThanThreshold'],
      [0, 1, 'notBreaching', 'GreaterThanThreshold'],
      [1, 3, 'breaching', 'LessThanThreshold'],
    ])
  })
})

describe('A13: functions reach the brokers of an existing cluster', () => {
  it('rejects functions outside any VPC, and says what to do', () => {
    assert.throws(() => parseSettings({ cluster: existingArn }), {
      code: 'SETTING_INVALID',
      message:
        /^an existing cluster needs vpcId, subnetIds and securityGroupIds, .*; add them with -c, or give -c brokerAccess=public where/,
    })
  })
  it('takes them on an emulator', () => {
    assert.equal(parseSettings({ cluster: existingArn }, { isEmulator: true }).brokerAccess, 'private')
  })
  it('has them ask for public brokers where the setting says so', () => {
    const { properties } = findStep(synthesize({ cluster: existingArn, brokerAccess: 'public' }), 'infer')
    assert.equal(properties.Environment.Variables.BROKER_ACCESS, 'public')
  })
})

describe('A14: a region with two zones, or one whose first zones lack a service', () => {
  const zonesOf = (template: Template) => [
    ...new Set(resourcesOf(template, 'AWS::EC2::Subnet').map(({ Properties }) => JSON.stringify(Properties.AvailabilityZone))),
  ]
  it('asks for no third zone where two are asked for', () => {
    assert.equal(zonesOf(inTwoZones).length, 2)
    assert.ok(!JSON.stringify(inTwoZones.toJSON()).includes('"Fn::Select":[2,'))
    inTwoZones.hasResourceProperties('AWS::MSK::Cluster', { NumberOfBrokerNodes: 2 })
  })
  it('goes into the zones that are named', () => {
    const named = synthesize({ zones: 'us-east-1b,us-east-1d,us-east-1f', natGateways: '1' })
    assert.deepEqual(zonesOf(named), ['"us-east-1b"', '"us-east-1d"', '"us-east-1f"'])
  })
})

describe('A15: pollers on demand put aside what they give up', () => {
  const egress = (context: Readonly<Record<string, unknown>>) =>
    JSON.stringify(synthesize({ pollers: 'on-demand', ...context }).findResources('AWS::EC2::SecurityGroup')).includes(
      'Pollers put aside in S3',
    )
  it('lets them out to S3 where that is where it goes, and nowhere else', () => {
    assert.deepEqual([egress({ onFailure: 's3' }), egress({})], [true, false])
  })
})

describe('A16: brokers that take no deployment', () => {
  it('rejects kafka.t3.small', () => {
    assert.throws(() => parseSettings({ brokerType: 'kafka.t3.small' }), /^MillraceError: brokerType must be kafka\.m5\.large, /)
  })
})

describe('A16: pollers that one unit serves', () => {
  it('are ten at least, one for each mapping of a definition with windows over labels and a layer', () => {
    const mappings = resourcesOf(stack, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties.ProvisionedPollerConfig)
    const group = 'Millrace-flights'
    assert.deepEqual(
      mappings.map(mapping => ({ ...(mapping as object), MaximumPollers: 10 })), // of adapt, which writes one object, one
      Array.from({ length: 10 }, () => ({ MinimumPollers: 1, MaximumPollers: 10, PollerGroupName: group })),
    )
  })
})

describe("MSK's API", () => {
  const serviceOf = (context: Readonly<Record<string, unknown>>) =>
    resourcesOf(synthesize(context), 'AWS::EC2::VPCEndpoint')
      .map(({ Properties }) => JSON.stringify(Properties.ServiceName))
      .filter(name => name.includes('kafka'))
  it('is reached by the endpoint that AWS still makes, and functions call it by its name', () => {
    assert.deepEqual(serviceOf({}), ['{"Fn::Join":["",["aws.api.",{"Ref":"AWS::Region"},".kafka-api"]]}'])
    assert.equal(findStep(stack, 'infer').properties.Environment.Variables.KAFKA_API, 'dual-stack')
  })
  it('is reached by the older one where the setting says so', () => {
    assert.deepEqual(serviceOf({ kafkaApi: 'ipv4' }), ['{"Fn::Join":["",["com.amazonaws.",{"Ref":"AWS::Region"},".kafka"]]}'])
  })
})
