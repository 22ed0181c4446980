import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Match } from 'aws-cdk-lib/assertions'
import { existingArn, resourcesOf, synthesize } from './template.ts'

const contexts = { provisioned: {}, serverless: { cluster: 'serverless' }, existing: { cluster: existingArn } }
const modes = Object.fromEntries(Object.entries(contexts).map(([mode, context]) => [mode, synthesize(context)]))

for (const [mode, template] of Object.entries(modes)) {
  describe(`the stack with a cluster that is ${mode}`, () => {
    it('keeps every bucket private, encrypted and versioned, and keeps it when the stack goes', () => {
      const buckets = resourcesOf(template, 'AWS::S3::Bucket')
      assert.equal(buckets.length, 4)
      for (const { Properties, DeletionPolicy } of buckets) {
        assert.deepEqual(Properties.PublicAccessBlockConfiguration, {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        })
        assert.match(JSON.stringify(Properties.BucketEncryption), /"SSEAlgorithm":"AES256"/)
        assert.deepEqual(Properties.VersioningConfiguration, { Status: 'Enabled' })
        assert.equal(DeletionPolicy, 'RetainExceptOnCreate')
      }
    })
    it('lets nobody reach a bucket without TLS', () => {
      const denial = { Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }
      template.allResourcesProperties('AWS::S3::BucketPolicy', {
        PolicyDocument: { Statement: Match.arrayWith([Match.objectLike(denial)]) },
      })
      template.resourceCountIs('AWS::S3::BucketPolicy', 4)
    })
    it('gives no bucket an ACL: S3 itself writes access logs by a policy, for our buckets alone', () => {
      for (const { Properties } of resourcesOf(template, 'AWS::S3::Bucket')) assert.equal(Properties.AccessControl, undefined)
      const grants = JSON.stringify(template.findResources('AWS::S3::BucketPolicy')).match(/"Service":"logging.s3.amazonaws.com"/g)
      assert.equal(grants?.length, 3)
    })
    it('keeps every table, paid by request, and with recovery to any second but the one that topic and archive can make again', () => {
      const tables = resourcesOf(template, 'AWS::DynamoDB::Table')
      assert.equal(tables.length, 4)
      for (const { Properties, DeletionPolicy } of tables) {
        const isOfPredictions = JSON.stringify(Properties.KeySchema).includes('"id"')
        assert.deepEqual(Properties.PointInTimeRecoverySpecification, { PointInTimeRecoveryEnabled: !isOfPredictions })
        assert.equal(Properties.BillingMode, 'PAY_PER_REQUEST')
        assert.equal(DeletionPolicy, 'RetainExceptOnCreate')
      }
    })
    it('forgets a prediction when its time has come', () => {
      template.hasResourceProperties('AWS::DynamoDB::Table', {
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        TimeToLiveSpecification: { AttributeName: 'expiresAtSec', Enabled: true },
      })
    })
    it('keeps no queue unencrypted or open to plain HTTP', () => {
      for (const { Properties } of resourcesOf(template, 'AWS::SQS::Queue')) assert.equal(Properties.SqsManagedSseEnabled, true)
      const denial = { Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }
      template.allResourcesProperties('AWS::SQS::QueuePolicy', {
        PolicyDocument: { Statement: Match.arrayWith([Match.objectLike(denial)]) },
      })
    })
    it('has a life cycle for every bucket, and notes who reads it', () => {
      const buckets = template.findResources('AWS::S3::Bucket')
      for (const [id, { Properties }] of Object.entries(buckets)) {
        const rules = JSON.stringify(Properties.LifecycleConfiguration)
        assert.match(rules, /"NoncurrentVersionExpiration":\{"NoncurrentDays":30\}/)
        assert.match(rules, /"AbortIncompleteMultipartUpload":\{"DaysAfterInitiation":7\}/)
        assert.equal(Properties.LoggingConfiguration === undefined, id.startsWith('StoresAccessLogs'), id)
      }
    })
    it('fixes no name but what follows from the name of the stack', () => {
      const named: string[] = []
      for (const { Type, Properties } of Object.values(
        template.toJSON().Resources as Record<string, { Type: string; Properties: Record<string, unknown> }>,
      )) {
        for (const [property, value] of Object.entries(Properties ?? {})) {
          const isName = /^(Bucket|Table|Function|Topic|Role|Queue|LogGroup|Cluster|Alarm|Dashboard|Group|Policy)?Name$/.test(property)
          if (isName && typeof value === 'string' && !/^AWS::Glue::/.test(Type)) named.push(`${Type} ${value}`)
        }
      }
      // What Kafka and Athena name for good; policies and alarms are named by CloudFormation
      const own = [
        'AWS::ApiGatewayV2::Api Millrace-flights-collect',
        'AWS::Athena::WorkGroup Millrace-flights',
        'AWS::CloudWatch::Dashboard Millrace-flights',
      ]
      const clusters = {
        provisioned: [
          'AWS::ApplicationAutoScaling::ScalingPolicy Millrace-flights-disks',
          'AWS::MSK::Cluster Millrace-flights',
          'AWS::MSK::Configuration Millrace-flights',
        ],
        serverless: ['AWS::MSK::ServerlessCluster Millrace-flights'],
        existing: [],
      }
      const cluster = clusters[mode as keyof typeof clusters]
      assert.deepEqual(named.filter(name => !name.startsWith('AWS::IAM::Policy')).sort(), [...own, ...cluster].sort())
    })
    it('tags what holds data with the pipeline', () => {
      template.allResourcesProperties('AWS::S3::Bucket', { Tags: Match.arrayWith([{ Key: 'pipeline', Value: 'flights' }]) })
      template.allResourcesProperties('AWS::DynamoDB::Table', { Tags: Match.arrayWith([{ Key: 'pipeline', Value: 'flights' }]) })
    })
    it('has outputs for the operator and the local run', () => {
      assert.deepEqual(Object.keys(template.findOutputs('*')).sort(), [
        'AlarmsTopicArn',
        'AlertsTopicArn',
        'ArchiveBucketName',
        'ArchiveDatabase',
        'ClusterArn',
        'CountersTableName',
        'FailuresBucketName',
        'FunctionAdapt',
        'FunctionArchive',
        'FunctionCollect',
        'FunctionCompact',
        'FunctionDeliver',
        'FunctionInfer',
        'FunctionJoin',
        'FunctionPreprocess',
        'FunctionRetrain',
        'FunctionTopics',
        'FunctionWatch',
        'ModelBucketName',
        ...(mode === 'provisioned' ? ['MonitoringSecurityGroup'] : []),
        'PermissionsCollect',
        'PredictionsTableName',
        'ScheduleCompact',
        'ScheduleInputCompact',
        'ScheduleInputRetrain',
        'ScheduleInputWatch',
        'ScheduleRetrain',
        'ScheduleWatch',
        'StateTableName',
        'Topics',
        'UrlCollect',
        'WaitingTableName',
      ])
    })
    it('has the same bytes when it is synthesized again: nothing to deploy', () => {
      assert.equal(JSON.stringify(synthesize(contexts[mode as keyof typeof contexts]).toJSON()), JSON.stringify(template.toJSON()))
    })
  })
}

describe('settings of the stack', () => {
  it('put every function on the wanted processor', () => {
    synthesize({ cluster: existingArn, architecture: 'arm64' }).allResourcesProperties('AWS::Lambda::Function', {
      Architectures: ['arm64'],
    })
  })
  it('put the functions that talk to brokers into the given VPC', () => {
    const template = synthesize({ cluster: existingArn, vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2', securityGroupIds: 'sg-1' })
    const inVpc = template.findResources('AWS::Lambda::Function', {
      Properties: { VpcConfig: { SubnetIds: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] } },
    })
    assert.equal(Object.keys(inVpc).length, 8) // collect and the maker of topics too
  })
  it('pay the table of predictions by the hour, following its load, where tables=provisioned, and no other', () => {
    const template = synthesize({ cluster: existingArn, tables: 'provisioned' })
    const tables = resourcesOf(template, 'AWS::DynamoDB::Table')
    const provisioned = tables.filter(({ Properties }) => Properties.ProvisionedThroughput !== undefined)
    assert.deepEqual(
      provisioned.map(({ Properties }) => Properties.KeySchema),
      [[{ AttributeName: 'id', KeyType: 'HASH' }]],
    )
    const targets = resourcesOf(template, 'AWS::ApplicationAutoScaling::ScalableTarget').map(
      ({ Properties }) => Properties.ScalableDimension,
    )
    assert.deepEqual(targets.sort(), ['dynamodb:table:ReadCapacityUnits', 'dynamodb:table:WriteCapacityUnits'])
  })
  it('keep an existing cluster as it is', () => {
    for (const type of ['AWS::MSK::Cluster', 'AWS::EC2::VPC', 'AWS::EC2::SecurityGroup']) modes.existing.resourceCountIs(type, 0)
  })
  it('delete the stores, and what they hold, with the stack where onDestroy says so', () => {
    const template = synthesize({ cluster: existingArn, onDestroy: 'delete' })
    for (const type of ['AWS::S3::Bucket', 'AWS::DynamoDB::Table']) {
      for (const { DeletionPolicy } of resourcesOf(template, type)) assert.equal(DeletionPolicy, 'Delete')
    }
    template.resourceCountIs('Custom::S3AutoDeleteObjects', 4)
  })
  it('move the archive to infrequent access, and delete it where that is set', () => {
    const rulesOf = (context: Readonly<Record<string, unknown>>) =>
      JSON.stringify(synthesize({ cluster: existingArn, ...context }).findResources('AWS::S3::Bucket'))
    assert.match(rulesOf({}), /"Transitions":\[\{"StorageClass":"STANDARD_IA","TransitionInDays":90\}\]/)
    assert.match(rulesOf({ archiveKeepDays: '400' }), /"ExpirationInDays":400/)
    assert.doesNotMatch(rulesOf({ archiveKeepDays: '90' }), /Transitions/)
  })
})

describe('the bucket of models', () => {
  const policyOf = (context: Readonly<Record<string, unknown>>) => {
    const policies = synthesize({ cluster: existingArn, ...context }).findResources('AWS::S3::BucketPolicy')
    const [[, { Properties }]] = Object.entries(policies).filter(([id]) => id.startsWith('StoresModelBucket'))
    const statements = Properties.PolicyDocument.Statement as { readonly Sid?: string; readonly [part: string]: unknown }[]
    return new Map(statements.map(statement => [statement.Sid, statement]))
  }
  const rolesOf = (policy: ReturnType<typeof policyOf>) => {
    const { ArnNotLike } = policy.get('WritersAlone')!.Condition as { readonly ArnNotLike: Readonly<Record<string, readonly unknown[]>> }
    return ArnNotLike['aws:PrincipalArn'].map(arn =>
      typeof arn === 'string' ? arn : JSON.stringify(arn).replace(/.*\["(\w+?)[0-9A-F]{8}".*/, '$1'),
    )
  }

  it('is read alone by all but adapt, retrain and watch, whatever else they may do', () => {
    const policy = policyOf({})
    const { Condition: _, Resource, ...statement } = policy.get('WritersAlone')!
    assert.deepEqual(statement, { Sid: 'WritersAlone', Effect: 'Deny', Principal: { AWS: '*' }, NotAction: ['s3:Get*', 's3:List*'] })
    assert.match(JSON.stringify(Resource), /^\{"Fn::Join":\["",\[\{"Fn::GetAtt":\["StoresModelBucket\w+","Arn"\]\},"\/\*"\]\]\}$/)
    assert.deepEqual(rolesOf(policy), ['AdaptStepRole', 'RetrainStepRole', 'WatchStepRole'])
  })
  it('is written by the operators that the setting names, too', () => {
    const operators = ['arn:aws:iam::111122223333:role/ml', 'arn:aws:iam::111122223333:user/ann']
    assert.deepEqual(rolesOf(policyOf({ modelOperators: operators.join() })), [
      'AdaptStepRole',
      'RetrainStepRole',
      'WatchStepRole',
      ...operators,
    ])
  })
  it('can be emptied where it goes with the stack', () => {
    assert.deepEqual(rolesOf(policyOf({ onDestroy: 'delete' })).slice(3), ['CustomS3AutoDeleteObjectsCustomResourceProviderRole'])
  })
  it('takes the files of a bundle as a first write or not at all, from anybody', () => {
    const { Resource, ...statement } = policyOf({}).get('BundlesOnce')!
    const condition = { Null: { 's3:if-none-match': 'true' } }
    assert.deepEqual(statement, {
      Sid: 'BundlesOnce',
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 's3:PutObject',
      Condition: condition,
    })
    assert.match(JSON.stringify(Resource), /"\/bundles\/\*\/model.onnx".*"\/bundles\/\*\/manifest.json"/)
  })
})

describe("the archive's bucket", () => {
  it('keeps the payloads of rejections longer than the rejections, however soon the archive ends', () => {
    const buckets = resourcesOf(synthesize({ archiveKeepDays: '1' }), 'AWS::S3::Bucket')
    const archive = buckets.find(({ Properties }) => JSON.stringify(Properties).includes('claims/'))!
    type Rule = { readonly Prefix?: string; readonly ExpirationInDays?: number }
    const { Rules: rules } = archive.Properties.LifecycleConfiguration as { readonly Rules: readonly Rule[] }
    assert.deepEqual(
      rules.map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays]),
      [
        ['query-results/', 30],
        ['claims/', 30],
        ['training/', 45],
        ['flights.', 1],
        ['compacted/flights.', 1],
        [undefined, undefined],
        [undefined, undefined],
      ],
    )
  })
})
