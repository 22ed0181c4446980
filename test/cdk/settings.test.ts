import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { settingTable } from '../../cdk/setting-table.ts'
import { parseSettings } from '../../cdk/settings.ts'
import { existingArn } from './template.ts'

const rejects = (context: Record<string, unknown>, message: RegExp) =>
  assert.throws(
    () => parseSettings(context),
    error => error instanceof Error && 'code' in error && error.code === 'SETTING_INVALID' && message.test(error.message),
  )

describe('parseSettings', () => {
  it('fills in the defaults', () => {
    const settings = parseSettings({})
    assert.equal(settings.pipelineFile, 'models/pipeline.ts')
    assert.deepEqual(settings.cluster, { kind: 'provisioned' })
    assert.equal(settings.onDestroy, 'keep')
    assert.equal(settings.kafkaAuth, 'iam')
    assert.equal(settings.architecture, 'x86_64')
    assert.equal(settings.retrainEvery, undefined)
  })
  it('leaves the keys of the CDK itself alone', () => {
    parseSettings({ 'aws:cdk:enable-path-metadata': true, '@aws-cdk/core:newStyle': true, 'cli-telemetry': false })
  })
  it('reads a kind of cluster, or the ARN and region of one', () => {
    assert.deepEqual(parseSettings({ cluster: 'serverless' }).cluster, { kind: 'serverless' })
    assert.deepEqual(parseSettings({ cluster: existingArn }, { isEmulator: true }).cluster, {
      kind: 'existing',
      arn: existingArn,
      region: 'eu-central-1',
    })
  })
  it('reads a rate', () => {
    assert.equal(parseSettings({ retrainEvery: '90 minutes' }).retrainEvery?.toMinutes(), 90)
  })
  it('reads a list at its commas', () => {
    const settings = parseSettings({ cluster: existingArn, vpcId: 'vpc-1', subnetIds: 'subnet-1, subnet-2', securityGroupIds: 'sg-1' })
    assert.deepEqual(settings.subnetIds, ['subnet-1', 'subnet-2'])
  })
  it('rejects a name that is no setting, and lists those that are', () => {
    rejects(
      { clusterArn: existingArn },
      /^clusterArn is not a setting; allowed are pipelineFile, cluster, .*; change it in the -c options or in cdk.json$/,
    )
  })
  it('rejects a name that every object has', () => {
    rejects({ constructor: 'x' }, /^constructor is not a setting/)
  })
  for (const [name, value] of [
    ['cluster', 'arn:aws:sns:eu-central-1:111122223333:topic'],
    ['cluster', 'express'],
    ['brokerType', 'kafka.m7g.huge'],
    ['brokerCount', '1'],
    ['brokerDiskGb', '0'],
    ['brokerAccess', 'vpn'],
    ['zones', '4'],
    ['zones', 'eu-central-1a'],
    ['zones', 'eu-central-1a,eu-central-1a'],
    ['zones', 'eu-central-1a,us-east-1b'],
    ['kafkaApi', 'ipv6'],
    ['topics', 'none'],
    ['kafkaAuth', 'scram'],
    ['vpcId', 'my-vpc'],
    ['subnetIds', ''],
    ['natGateways', '4'],
    ['architecture', 'x64'],
    ['concurrency', 'all'],
    ['tracing', 'yes'],
    ['logDays', '31'],
    ['pollers', 'many'],
    ['maxPollers', '0'],
    ['maxPollers', 'many'],
    ['minPollers', ''],
    ['retriesAtMost', '10001'],
    ['recordAgeAtMostSec', '59'],
    ['onFailure', 'sqs'],
    ['retrainEvery', '0 minutes'],
    ['retrainEvery', '30 seconds'],
    ['pipelineFile', 'models/pipeline.js'],
    ['httpLabels', 'yes'],
    ['modelOperators', 'arn:aws:iam::111122223333:root'],
    ['modelOperators', 'everyone'],
    ['onDestroy', 'forget'],
    ['archiveColdAfterDays', '29'],
    ['alarmEmail', 'nobody'],
    ['alarmRejectedRatio', '1.5'],
    ['alarmUsdPerDay', '0'],
    ['alarmSilentTurns', '8'],
    ['assetBucket', 'A'],
  ] as const) {
    it(`rejects ${name} '${value}' with what is allowed`, () => {
      rejects({ [name]: value }, new RegExp(`^${name} must be .+, got "${value}"; change it with -c ${name}=… or in cdk.json$`))
    })
  }
  it('names every broker type where one is unknown', () => {
    rejects({ brokerType: 'kafka.m9.large' }, /kafka\.m5\.large, .*kafka\.m7g\.large/)
  })
  it('rejects a cluster of another region, and says how to go there', () => {
    assert.throws(() => parseSettings({ cluster: existingArn }, { region: 'us-east-1' }), {
      code: 'SETTING_INVALID',
      message:
        /^cluster must be in the region of the stack, us-east-1, got one of eu-central-1: .*deploy with AWS_REGION=eu-central-1, or give the ARN/,
    })
  })
  it('takes a cluster of the same region', () => {
    assert.equal(parseSettings({ cluster: existingArn }, { region: 'eu-central-1', isEmulator: true }).cluster.kind, 'existing')
  })
  it('rejects a new cluster without sign-in', () => {
    rejects({ kafkaAuth: 'none' }, /^kafkaAuth must be iam for a cluster that is made, got none/)
  })
  it('rejects topics of somebody else on a new cluster', () => {
    rejects({ topics: 'given' }, /^topics must be make for a cluster that is made, got given/)
  })
  it('rejects security groups for a new cluster', () => {
    rejects(
      { vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2', securityGroupIds: 'sg-1' },
      /^securityGroupIds belongs to an existing cluster/,
    )
  })
  it('rejects a VPC without subnets', () => {
    rejects({ cluster: existingArn, vpcId: 'vpc-1' }, /are given together or not at all/)
    rejects({ vpcId: 'vpc-1' }, /^vpcId and subnetIds are given together or not at all/)
  })
  it('rejects a new cluster in one zone', () => {
    rejects({ vpcId: 'vpc-1', subnetIds: 'subnet-1' }, /^subnetIds of a new cluster must be two or three, each in another zone, got 1/)
  })
  it('rejects brokers that do not spread over the zones', () => {
    rejects({ brokerCount: '4' }, /^brokerCount must be a multiple of the 3 zones, got 4/)
  })
  it('puts a broker in each zone where their number is not given', () => {
    for (const [zones, count] of [
      [undefined, 3],
      ['2', 2],
      ['eu-central-1a,eu-central-1c', 2],
    ] as const)
      assert.equal(parseSettings(zones === undefined ? {} : { zones }).brokerCount, count)
  })
  it('rejects zones of another region', () => {
    assert.throws(() => parseSettings({ zones: 'eu-central-1a,eu-central-1b' }, { region: 'us-east-1' }), {
      message: /^zones must be of the region of the stack, us-east-1, got eu-central-1a/,
    })
  })
  it('rejects zones of a VPC that is given', () => {
    rejects({ zones: '2', vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2' }, /^zones belongs to a VPC that is made/)
  })
  it('rejects more NAT gateways than zones', () => {
    rejects({ zones: '2', natGateways: '3' }, /^natGateways must be at most one a zone, 2, got 3/)
  })
  it('rejects disks that may not even grow to their size', () => {
    rejects({ brokerDiskGb: '200', brokerDiskGbAtMost: '100' }, /^brokerDiskGbAtMost must be at least brokerDiskGb, 200, got 100/)
  })
  it('rejects public brokers of a cluster that is made, in a VPC, or without sign-in', () => {
    rejects({ brokerAccess: 'public' }, /^brokerAccess=public belongs to an existing cluster without vpcId/)
    rejects({ cluster: existingArn, brokerAccess: 'public', kafkaAuth: 'none' }, /^brokerAccess=public needs kafkaAuth=iam/)
  })
  it('rejects NAT gateways in a VPC that is given', () => {
    rejects({ natGateways: '1', vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2,subnet-3' }, /^natGateways belongs to a VPC that is made/)
  })
  it('rejects tokens without an issuer or an audience', () => {
    rejects({ collect: 'jwt', jwtAudience: 'millrace' }, /^collect=jwt needs jwtIssuer and jwtAudience, or any token would do/)
  })
  it('rejects labels over HTTP where there is no API', () => {
    rejects({ collect: 'off', httpLabels: 'on' }, /^httpLabels=on needs an API, got collect=off/)
  })
  it('takes operators by their roles, and by a pattern for roles of single sign-on', () => {
    const arns = 'arn:aws:iam::111122223333:role/ml, arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Ml_*'
    assert.deepEqual(parseSettings({ modelOperators: arns }).modelOperators, arns.split(', '))
  })
  it('rejects settings of brokers for a cluster whose brokers are not made', () => {
    rejects(
      { cluster: 'serverless', brokerCount: '3' },
      /^brokerCount belongs to cluster=provisioned, got cluster=serverless; leave it out/,
    )
    rejects(
      { cluster: 'serverless', brokerType: 'kafka.m7g.large', brokerDiskGb: '100', brokerDiskGbAtMost: '200' },
      /^brokerType, brokerDiskGb, brokerDiskGbAtMost belong to cluster=provisioned, .* leave them out/,
    )
    rejects({ cluster: existingArn, brokerDiskGb: '100' }, /^brokerDiskGb belongs to cluster=provisioned, got cluster=arn:/)
  })
  it('rejects how many pollers are provisioned where none are', () => {
    rejects({ pollers: 'on-demand', minPollers: '2' }, /^minPollers belongs to provisioned pollers, got pollers=on-demand; leave it out/)
  })
  it('rejects an archive that moves when it is gone already', () => {
    rejects(
      { archiveColdAfterDays: '400', archiveKeepDays: '400' },
      /^archiveColdAfterDays must be below archiveKeepDays, 400, .* got 400; change one of them with -c/,
    )
  })
  it('takes an archive that ends before the default would move it', () => {
    assert.equal(parseSettings({ archiveKeepDays: '60' }).archiveKeepDays, 60)
  })
  it('rejects an issuer where no token is asked for', () => {
    rejects({ jwtIssuer: 'https://issuer.example.com' }, /^jwtIssuer and jwtAudience belong to collect=jwt, got collect=iam/)
  })
})

describe('cdk/README.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../cdk/README.md'), 'utf8')
  for (const [name, { meaning }] of Object.entries(settingTable)) {
    it(`tells what ${name} is for`, () => {
      assert.ok(
        page.split('\n').some(line => line.startsWith(`| \`${name}\``) && line.includes(meaning)),
        `put into the table of settings: ${name}: ${meaning}`,
      )
    })
  }
})
