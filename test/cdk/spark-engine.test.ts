import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Match } from 'aws-cdk-lib/assertions'
import { engineEnd } from '#functions/retrain/engine/trigger.ts'
import { existingArn, findStep, flights, grantsOf, list, resourcesOf, sparkImage, synthesize, toShort } from './template.ts'

const template = synthesize({ cluster: existingArn, sparkImage, sparkWorkers: '3' }, 3_600_000, flights, 'spark')
const without = synthesize({ cluster: existingArn })

describe('an engine of Spark', () => {
  it('is made only where the definition asks for it', () => {
    without.resourceCountIs('AWS::EMRServerless::Application', 0)
    assert.equal(findStep(without, 'retrain').properties.Environment.Variables.SPARK_APPLICATION_ID, undefined)
  })
  it('stops by itself, and cannot grow beyond its driver and its workers', () => {
    template.hasResourceProperties('AWS::EMRServerless::Application', {
      ReleaseLabel: 'emr-spark-8.0.0',
      ImageConfiguration: { ImageUri: sparkImage },
      AutoStopConfiguration: { Enabled: true, IdleTimeoutMinutes: 1 },
      MaximumCapacity: { Cpu: '16 vCPU', Memory: '132 GB' },
    })
  })
  it('lets its jobs read the archived feedback, and read and write what passes between them and retrain: no bundle, no pointer', () => {
    const [[roleId]] = Object.entries(
      template.findResources('AWS::IAM::Role', {
        Properties: {
          AssumeRolePolicyDocument: { Statement: [Match.objectLike({ Principal: { Service: 'emr-serverless.amazonaws.com' } })] },
        },
      }),
    )
    const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(roleId))
    const grants: Record<string, string[]> = {}
    for (const { Properties } of policies) {
      const { Statement } = Properties.PolicyDocument as { Statement: readonly { Action: string | string[]; Resource: unknown }[] }
      for (const { Action, Resource } of Statement)
        for (const action of list(Action)) grants[action] = [...(grants[action] ?? []), ...list(Resource).map(toShort)].sort()
    }
    const exchange = 'ModelBucket/engine/flights/*'
    assert.deepEqual(grants['s3:PutObject'], [exchange])
    assert.deepEqual(grants['s3:ListBucket'], ['ArchiveBucket', 'ModelBucket'])
    const read = grants['s3:GetObject'].filter(resource => resource.includes('Bucket/'))
    assert.deepEqual(read, ['ArchiveBucket/compacted/flights.feedback/*', 'ArchiveBucket/flights.feedback/*', exchange])
    assert.deepEqual(Object.keys(grants).sort(), ['s3:GetObject', 's3:ListBucket', 's3:PutObject'])
  })
  it('lets retrain start its jobs, in their role alone, and look at them', () => {
    const grants = grantsOf(template, 'retrain')
    assert.equal(grants['emr-serverless:StartJobRun'].length, 1)
    assert.equal(grants['emr-serverless:GetJobRun'].length, 1)
    assert.equal(grants['iam:PassRole'].length, 1)
    assert.ok(grants['s3:PutObject'].includes('ModelBucket/engine/flights/*'))
    assert.deepEqual(grantsOf(without, 'retrain')['iam:PassRole'], undefined)
  })
  it('calls retrain when a job has ended, however it did', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.emr-serverless'],
        'detail-type': ['EMR Serverless Job Run State Change'],
        detail: { state: ['SUCCESS', 'FAILED', 'CANCELLED'] },
      },
      Targets: [Match.objectLike({ Input: JSON.stringify({ trigger: engineEnd }) })],
    })
  })
  it('rejects a definition that asks for it where no image is given', () => {
    assert.throws(
      () => synthesize({ cluster: existingArn }, 3_600_000, flights, 'spark'),
      /^MillraceError: sparkImage must be given where retrain\.engine is 'spark': the image of functions\/retrain\/spark\/Dockerfile/,
    )
  })
  it('keeps what passes between them for thirty days', () => {
    const rules = JSON.stringify(resourcesOf(template, 'AWS::S3::Bucket').map(({ Properties }) => Properties.LifecycleConfiguration))
    assert.match(rules, /\{"ExpirationInDays":30,"Prefix":"engine\/","Status":"Enabled"\}/)
  })
})
