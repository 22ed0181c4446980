import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CloudFormationClient, CreateStackCommand, waitUntilStackCreateComplete } from '@aws-sdk/client-cloudformation'
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { startMinistack } from '../../localstack/aws/ministack.ts'
import { existingArn, synthesize } from '../cdk/template.ts'

const region = 'us-east-1'
const account = '000000000000'
const bucket = 'models-of-the-test'
const iam = (resource: string) => `arn:aws:iam::${account}:${resource}`

/**
 * The policy of the stack's bucket of models, for a bucket of this name.
 *
 * The emulator differs from AWS in two things: it does not know the condition of `BundlesOnce` and would refuse first writes too, so that
 * statement is left out; and a session stands in `aws:PrincipalArn` by its own ARN instead of its role's.
 */
function toPolicy(modelOperators: string): object {
  const policies = Object.entries(synthesize({ cluster: existingArn, modelOperators }).findResources('AWS::S3::BucketPolicy'))
  const [[, { Properties }]] = policies.filter(([id]) => id.startsWith('StoresModelBucket'))
  const statements = Properties.PolicyDocument.Statement.filter(({ Sid }: { Sid?: string }) => Sid === 'WritersAlone')
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statements })
    .replaceAll(/\{"Fn::GetAtt":\["StoresModelBucket\w+","Arn"\]\}/g, `"arn:aws:s3:::${bucket}"`)
    .replaceAll(/\{"Fn::GetAtt":\["(\w+)","Arn"\]\}/g, (_match, role: string) => `"${iam(`role/${role}`)}"`)
    .replaceAll(/:iam::(\d+):role\/([^"]+)/g, ':sts::$1:assumed-role/$2/*')
  return JSON.parse(text)
}

describe('the bucket of models, where the emulator asks for permissions', { timeout: 120_000 }, () => {
  let emulator: Awaited<ReturnType<typeof startMinistack>>
  const clients = new Map<string, S3Client>()

  before(async () => {
    emulator = await startMinistack({ brokers: '127.0.0.1:9', region, env: process.env, functionEnv: { AUTH: 'true' } })
    const asRoot = { endpoint: emulator.endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
    const role = (name: string) => ({
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: name,
        AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: iam('root') } }] },
        Policies: [{ PolicyName: 'All', PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] } }],
      },
    })
    const TemplateBody = JSON.stringify({
      Resources: {
        Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: bucket } },
        Lock: {
          Type: 'AWS::S3::BucketPolicy',
          Properties: { Bucket: { Ref: 'Bucket' }, PolicyDocument: toPolicy(iam('role/operator')) },
        },
        Operator: role('operator'),
        Stranger: role('stranger'),
      },
    })
    const client = new CloudFormationClient(asRoot)
    await client.send(new CreateStackCommand({ StackName: 'lock', TemplateBody, Capabilities: ['CAPABILITY_NAMED_IAM'] }))
    await waitUntilStackCreateComplete({ client, minDelay: 1, maxWaitTime: 30 }, { StackName: 'lock' })
    for (const name of ['operator', 'stranger']) {
      const { Credentials } = await new STSClient(asRoot).send(
        new AssumeRoleCommand({ RoleArn: iam(`role/${name}`), RoleSessionName: 'test' }),
      )
      const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!
      const credentials = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! }
      clients.set(name, new S3Client({ endpoint: emulator.endpoint, region, forcePathStyle: true, credentials }))
    }
  })
  after(() => emulator.stop())

  const as = (name: 'operator' | 'stranger') => clients.get(name)!
  const at = (key: string) => ({ Bucket: bucket, Key: key })
  const refused = (work: Promise<unknown>) => assert.rejects(work, { name: 'AccessDenied' })

  it('takes what an operator that the setting names writes', async () => {
    for (const key of ['bundles/flights/v1/model.onnx', 'champions/flights.json']) {
      await as('operator').send(new PutObjectCommand({ ...at(key), Body: 'mine' }))
    }
  })
  it('rejects a bundle, a pointer and a removal of somebody who may do everything in S3', async () => {
    for (const key of ['bundles/flights/v1/model.onnx', 'bundles/flights/v2/manifest.json', 'champions/flights.json']) {
      await refused(as('stranger').send(new PutObjectCommand({ ...at(key), Body: 'theirs' })))
    }
    await refused(as('stranger').send(new DeleteObjectCommand(at('champions/flights.json'))))
  })
  it('lets them read: what is there is still the operator’s', async () => {
    const { Body } = await as('stranger').send(new GetObjectCommand(at('champions/flights.json')))
    assert.equal(await Body!.transformToString(), 'mine')
  })
})
