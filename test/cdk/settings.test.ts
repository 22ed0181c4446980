import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
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
    assert.equal(settings.clusterArn, undefined)
    assert.equal(settings.kafkaAuth, 'iam')
    assert.equal(settings.architecture, 'x86_64')
    assert.equal(settings.retrainEvery, undefined)
  })
  it('leaves the keys of the CDK itself alone', () => {
    parseSettings({ 'aws:cdk:enable-path-metadata': true, '@aws-cdk/core:newStyle': true, 'cli-telemetry': false })
  })
  it('reads a rate', () => {
    assert.equal(parseSettings({ retrainEvery: '90 minutes' }).retrainEvery?.toMinutes(), 90)
  })
  it('reads a list at its commas', () => {
    const settings = parseSettings({ clusterArn: existingArn, vpcId: 'vpc-1', subnetIds: 'subnet-1, subnet-2', securityGroupIds: 'sg-1' })
    assert.deepEqual(settings.subnetIds, ['subnet-1', 'subnet-2'])
  })
  it('rejects a name that is no setting, and lists those that are', () => {
    rejects(
      { clusterARN: existingArn },
      /^clusterARN is not a setting; allowed are pipelineFile, clusterArn, .*; change it in the -c options or in cdk.json$/,
    )
  })
  it('rejects a name that every object has', () => {
    rejects({ constructor: 'x' }, /^constructor is not a setting/)
  })
  for (const [name, value] of [
    ['clusterArn', 'arn:aws:sns:eu-central-1:111122223333:topic'],
    ['kafkaAuth', 'scram'],
    ['architecture', 'x64'],
    ['maxPollers', '0'],
    ['maxPollers', 'many'],
    ['retrainEvery', '0 minutes'],
    ['retrainEvery', '30 seconds'],
    ['pipelineFile', 'models/pipeline.js'],
    ['vpcId', 'my-vpc'],
    ['subnetIds', ''],
    ['assetBucket', 'A'],
  ] as const) {
    it(`rejects ${name} '${value}' with what is allowed`, () => {
      rejects({ [name]: value }, new RegExp(`^${name} must be .+, got "${value}"; change it with -c ${name}=… or in cdk.json$`))
    })
  }
  it('rejects a created cluster without sign-in', () => {
    rejects({ kafkaAuth: 'none' }, /^kafkaAuth must be iam for a cluster that is created, got none/)
  })
  it('rejects a VPC without a cluster in it', () => {
    rejects({ vpcId: 'vpc-1', subnetIds: 'subnet-1', securityGroupIds: 'sg-1' }, /belong to an existing cluster/)
  })
  it('rejects a VPC without subnets', () => {
    rejects({ clusterArn: existingArn, vpcId: 'vpc-1' }, /are given together or not at all/)
  })
})
