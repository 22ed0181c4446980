import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Match } from 'aws-cdk-lib/assertions'
import { existingArn, resourcesOf, synthesize } from './template.ts'

const modes = { created: synthesize({}), existing: synthesize({ clusterArn: existingArn }) }

for (const [mode, template] of Object.entries(modes)) {
  describe(`the stack with a cluster that is ${mode}`, () => {
    it('keeps every bucket private, encrypted and versioned, and keeps it when the stack goes', () => {
      const buckets = resourcesOf(template, 'AWS::S3::Bucket')
      assert.equal(buckets.length, 2)
      for (const { Properties, DeletionPolicy } of buckets) {
        assert.deepEqual(Properties.PublicAccessBlockConfiguration, {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        })
        assert.match(JSON.stringify(Properties.BucketEncryption), /"SSEAlgorithm":"AES256"/)
        assert.deepEqual(Properties.VersioningConfiguration, { Status: 'Enabled' })
        assert.equal(DeletionPolicy, 'Retain')
      }
    })
    it('lets nobody reach a bucket without TLS', () => {
      const denial = { Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }
      template.allResourcesProperties('AWS::S3::BucketPolicy', {
        PolicyDocument: { Statement: Match.arrayWith([Match.objectLike(denial)]) },
      })
      template.resourceCountIs('AWS::S3::BucketPolicy', 2)
    })
    it('keeps every table with recovery to any second, paid by request', () => {
      const tables = resourcesOf(template, 'AWS::DynamoDB::Table')
      assert.equal(tables.length, 3)
      for (const { Properties, DeletionPolicy } of tables) {
        assert.deepEqual(Properties.PointInTimeRecoverySpecification, { PointInTimeRecoveryEnabled: true })
        assert.equal(Properties.BillingMode, 'PAY_PER_REQUEST')
        assert.equal(DeletionPolicy, 'Retain')
      }
    })
    it('forgets a prediction when its time has come', () => {
      template.hasResourceProperties('AWS::DynamoDB::Table', {
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        TimeToLiveSpecification: { AttributeName: 'expiresAtSec', Enabled: true },
      })
    })
    it('fixes no name that would block a second stack', () => {
      for (const type of [
        'S3::Bucket:BucketName',
        'DynamoDB::Table:TableName',
        'Lambda::Function:FunctionName',
        'SNS::Topic:TopicName',
        'IAM::Role:RoleName',
        'Scheduler::Schedule:Name',
      ]) {
        const [, service, resource, property] = /^(\w+)::(\w+):(\w+)$/.exec(type)!
        for (const { Properties } of resourcesOf(template, `AWS::${service}::${resource}`))
          assert.equal(Properties[property], undefined, type)
      }
    })
    it('tags what holds data with the pipeline', () => {
      template.allResourcesProperties('AWS::S3::Bucket', { Tags: Match.arrayWith([{ Key: 'pipeline', Value: 'flights' }]) })
      template.allResourcesProperties('AWS::DynamoDB::Table', { Tags: Match.arrayWith([{ Key: 'pipeline', Value: 'flights' }]) })
    })
    it('has outputs for the operator and the local run', () => {
      assert.deepEqual(Object.keys(template.findOutputs('*')).sort(), [
        'AlertsTopicArn',
        'ArchiveBucketName',
        'ClusterArn',
        'CountersTableName',
        'FunctionArchive',
        'FunctionDeliver',
        'FunctionEvaluate',
        'FunctionInfer',
        'FunctionJoin',
        'FunctionPreprocess',
        'FunctionRetrain',
        'ModelBucketName',
        'PredictionsTableName',
        'ScheduleInputRetrain',
        'ScheduleRetrain',
        'StateTableName',
        'Topics',
      ])
    })
  })
}

describe('settings of the stack', () => {
  it('put every function on the wanted processor', () => {
    synthesize({ clusterArn: existingArn, architecture: 'arm64' }).allResourcesProperties('AWS::Lambda::Function', {
      Architectures: ['arm64'],
    })
  })
  it('put the functions that talk to brokers into the given VPC', () => {
    const template = synthesize({ clusterArn: existingArn, vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2', securityGroupIds: 'sg-1' })
    const inVpc = template.findResources('AWS::Lambda::Function', {
      Properties: { VpcConfig: { SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] } },
    })
    assert.equal(Object.keys(inVpc).length, 6)
  })
  it('keep an existing cluster as it is', () => {
    for (const type of ['AWS::MSK::Cluster', 'AWS::MSK::Topic', 'AWS::EC2::VPC', 'AWS::EC2::SecurityGroup'])
      modes.existing.resourceCountIs(type, 0)
  })
})
