import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { connectKafka, findBrokers, mskClient, regionOfBrokers, regionOfCluster, signIamToken } from '#functions/adapters/kafka-client.ts'
import { startAwsStub, withEnvironment } from '../../aws-stub.ts'
import { makeCertificate, startTlsBroker } from '../../tls-broker.ts'

const clusterArn = 'arn:aws:kafka:eu-central-1:111122223333:cluster/demo/0000-1'
const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: undefined, AWS_PROFILE: undefined }

/** The request that a token stands for: a presigned URL. */
const toUrl = (token: string) => new URL(Buffer.from(token, 'base64url').toString('utf8'))

describe('regionOfCluster', () => {
  it('is the one in the ARN, of any AWS partition', () => {
    assert.equal(regionOfCluster(clusterArn), 'eu-central-1')
    assert.equal(regionOfCluster(clusterArn.replace('aws', 'aws-cn').replace('eu-central-1', 'cn-north-1')), 'cn-north-1')
  })
  it('rejects what is no ARN of a cluster', () => {
    for (const text of ['', 'demo', 'arn:aws:s3:::bucket', 'arn:aws:kafka::111122223333:cluster/demo/1', `${clusterArn}/x`]) {
      assert.throws(() => regionOfCluster(text), { code: 'ARGUMENT_INVALID', message: /must be arn:aws:kafka:<region>:/ })
    }
  })
})

describe('regionOfBrokers', () => {
  for (const [brokers, region] of [
    ['b-1.demo.abcdef.c2.kafka.eu-west-1.amazonaws.com:9098,b-2.demo.abcdef.c2.kafka.eu-west-1.amazonaws.com:9098', 'eu-west-1'],
    ['boot-abcdef.c1.kafka-serverless.us-east-2.amazonaws.com:9098', 'us-east-2'],
    ['b-1.demo.abcdef.c2.kafka.cn-north-1.amazonaws.com.cn:9098', 'cn-north-1'],
    ['127.0.0.1:9092', undefined],
  ] as const) {
    it(`is ${region} for ${brokers}`, () => {
      assert.equal(regionOfBrokers(brokers), region)
    })
  }
})

describe('findBrokers', () => {
  it("asks in the ARN's region, whatever the environment's is", async () => {
    const stub = await startAwsStub(() => ({ status: 200, body: { bootstrapBrokerStringSaslIam: 'b-1:9098' } }))
    await withEnvironment({ ...keys, AWS_REGION: 'us-west-2', AWS_ENDPOINT_URL_KAFKA: stub.endpoint }, async () => {
      assert.equal(await findBrokers(clusterArn, 'iam'), 'b-1:9098')
      assert.deepEqual(stub.calls, [{ call: `GET /v1/clusters/${clusterArn}/bootstrap-brokers`, region: 'eu-central-1' }])
      await assert.rejects(findBrokers(clusterArn, 'none'), {
        code: 'SERVER_FAILED',
        message: /offers no brokers for authentication 'none'/,
      })
    })
    await stub.stop()
  })
})

describe('findBrokers with BROKER_ACCESS=public', () => {
  it('gives the brokers of public access, and says what to do where the cluster has none', async () => {
    let body: object = { bootstrapBrokerStringSaslIam: 'b-1:9098', bootstrapBrokerStringPublicSaslIam: 'b-1-public:9198' }
    const stub = await startAwsStub(() => ({ status: 200, body }))
    await withEnvironment({ ...keys, AWS_ENDPOINT_URL_KAFKA: stub.endpoint, BROKER_ACCESS: 'public' }, async () => {
      assert.equal(await findBrokers(clusterArn, 'iam'), 'b-1-public:9198')
      body = { bootstrapBrokerStringSaslIam: 'b-1:9098' }
      await assert.rejects(findBrokers(clusterArn, 'iam'), {
        code: 'SERVER_FAILED',
        message: /offers no public brokers for authentication 'iam'; turn its public access on, or deploy with vpcId$/,
      })
    })
    await stub.stop()
  })
})

describe('mskClient', () => {
  const endpointOf = async (env: Readonly<Record<string, string>>) =>
    withEnvironment({ AWS_ENDPOINT_URL: undefined, AWS_ENDPOINT_URL_KAFKA: undefined, ...env }, async () => {
      const { endpointProvider, useDualstackEndpoint } = mskClient(clusterArn).config
      const { url } = endpointProvider({ Region: 'eu-central-1', UseDualStack: await useDualstackEndpoint(), UseFIPS: false })
      return url.hostname
    })
  it('calls MSK by the name of the endpoint that AWS still makes, with KAFKA_API=dual-stack', async () => {
    assert.equal(await endpointOf({ KAFKA_API: 'dual-stack' }), 'kafka-api.eu-central-1.api.aws')
    assert.equal(await endpointOf({ KAFKA_API: 'ipv4' }), 'kafka.eu-central-1.amazonaws.com')
  })
})

describe('signIamToken', () => {
  it('signs a call of 15 minutes for the region given, without asking AWS', async () => {
    const { value } = await withEnvironment({ ...keys, AWS_REGION: 'us-west-2' }, () => signIamToken('eu-central-1'))
    const url = toUrl(value)
    assert.equal(url.hostname, 'kafka.eu-central-1.amazonaws.com')
    assert.equal(url.searchParams.get('Action'), 'kafka-cluster:Connect')
    assert.equal(url.searchParams.get('X-Amz-Expires'), '900')
    assert.match(String(url.searchParams.get('X-Amz-Credential')), /^AKIDEXAMPLE\/\d{8}\/eu-central-1\/kafka-cluster\/aws4_request$/)
  })
  it('signs anew each time, with the credentials of then', async () => {
    const first = await withEnvironment(keys, () => signIamToken('eu-central-1'))
    const second = await withEnvironment({ ...keys, AWS_ACCESS_KEY_ID: 'AKIDROTATED' }, () => signIamToken('eu-central-1'))
    const idOf = ({ value }: { readonly value: string }) => toUrl(value).searchParams.get('X-Amz-Credential')?.split('/')[0]
    assert.deepEqual([idOf(first), idOf(second)], ['AKIDEXAMPLE', 'AKIDROTATED'])
  })
  it('rejects to sign for no region', async () => {
    const noRegion = { ...keys, AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined }
    await assert.rejects(
      withEnvironment(noRegion, () => signIamToken(undefined)),
      { code: 'ENVIRONMENT_INVALID', message: /set AWS_REGION/ },
    )
  })
})

describe('connectKafka with iam', () => {
  const certificate = makeCertificate()
  const trusted = tls.getCACertificates('default')
  before(() => tls.setDefaultCACertificates([...trusted, certificate.cert]))
  after(() => tls.setDefaultCACertificates(trusted))

  it('signs in again on the open connection ahead of the end of its session, and not before', async t => {
    const broker = await startTlsBroker({ certificate, sessionMs: 61_000 }) // 60 s ahead of its end: 1 s from now
    t.after(broker.stop)
    await withEnvironment(keys, async () => {
      const admin = connectKafka(broker.brokers, 'iam', 'eu-central-1').admin()
      await admin.connect()
      await admin.describeCluster()
      const before = broker.tokens.length
      await admin.describeCluster()
      assert.equal(broker.tokens.length, before)
      await sleep(1_100)
      await admin.describeCluster()
      assert.equal(broker.tokens.length, before + 1)
      assert.equal(toUrl(broker.tokens.at(-1)!).hostname, 'kafka.eu-central-1.amazonaws.com')
      await admin.disconnect()
    })
  })
  it('rejects a certificate that does not verify even where the environment turns that off', async t => {
    const broker = await startTlsBroker({ certificate: makeCertificate(), sessionMs: 0 })
    t.after(broker.stop)
    await withEnvironment({ ...keys, NODE_TLS_REJECT_UNAUTHORIZED: '0' }, async () => {
      const admin = connectKafka(broker.brokers, 'iam', 'eu-central-1').admin()
      await assert.rejects(admin.connect(), { message: /self-signed certificate/ })
      assert.deepEqual(broker.tokens, [])
      await admin.disconnect()
    })
  })
})
