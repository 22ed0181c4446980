import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import tls from 'node:tls'
import { type AwsAnswer, startAwsStub, withEnvironment } from '../aws-stub.ts'
import { runCommand } from '../run-command.ts'
import { closedPort, makeCertificate, startTlsBroker } from '../tls-broker.ts'

const clusterArn = 'arn:aws:kafka:eu-central-1:111122223333:cluster/demo/0000-1'
const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: undefined, AWS_PROFILE: undefined }
const noKeys = {
  ...keys,
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_CONFIG_FILE: '/nowhere/config',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
  AWS_EC2_METADATA_DISABLED: 'true',
}
const folder = mkdtempSync(join(tmpdir(), 'millrace-publish-'))
const file = join(folder, 'rows.csv')
before(() => writeFileSync(file, 'id\n1\n2\n3\n'))
after(() => rmSync(folder, { recursive: true }))

async function publish(...flags: string[]) {
  return runCommand('publish', '--topic', 'flights.events', '--file', file, ...flags)
}

/** Publishes to a cluster whose MSK answers like this. */
async function publishTo(answer: AwsAnswer, environment: Readonly<Record<string, string | undefined>>, ...flags: string[]) {
  const stub = await startAwsStub(() => answer)
  try {
    return await withEnvironment({ ...environment, AWS_REGION: 'us-west-2', AWS_ENDPOINT_URL_KAFKA: stub.endpoint }, () =>
      publish('--cluster-arn', clusterArn, ...flags),
    )
  } finally {
    await stub.stop()
  }
}

const brokersAre = (brokers: string) => ({ status: 200, body: { bootstrapBrokerStringSaslIam: brokers } })
const refusalOf = (errorType: string, status = 403) => ({ status, errorType, body: { message: `${errorType} it is` } })

/** Asserts one line of counts, in which nothing was acknowledged, and one line of error. */
function assertNothingSent(result: Awaited<ReturnType<typeof publish>>, error: RegExp): void {
  assert.equal(result.exitCode, 1)
  assert.match(result.stdout, /^flights\.events: 0 records acknowledged \(acks all\), 0 failed, 3 not sent; 0\.0 MB in .*\n$/)
  assert.match(result.stderr, error)
  assert.equal(result.stderr.trimEnd().split('\n').length, 1)
}

describe('millrace publish to a cluster that it cannot reach', () => {
  for (const [what, error, name] of [
    ['expired credentials', /^error: arn:.*: the AWS credentials have expired; sign in again\n$/, 'ExpiredTokenException'],
    ['credentials that AWS does not know', /AWS does not know these credentials; sign in again/, 'UnrecognizedClientException'],
    ['a role that may not ask', /allow kafka:GetBootstrapBrokers/, 'AccessDeniedException'],
    ['a cluster that is not there', /there is no such cluster in that account and region/, 'NotFoundException'],
  ] as const) {
    it(`rejects ${what} with one error, exit code 1 and the counts`, async () => {
      assertNothingSent(await publishTo(refusalOf(name), keys), error)
    })
  }
  it('rejects without credentials', async () => {
    assertNothingSent(await publishTo(brokersAre('127.0.0.1:1'), noKeys), /^error: arn:.*: there are no AWS credentials; sign in/)
  })
  it('rejects a certificate that does not verify, and sends it no token', async t => {
    const broker = await startTlsBroker({ certificate: makeCertificate(), sessionMs: 0 })
    t.after(broker.stop)
    const result = await publishTo(brokersAre(broker.brokers), keys)
    assertNothingSent(result, /its TLS certificate does not verify \(self-signed certificate\); nothing was sent\. .*NODE_EXTRA_CA_CERTS/)
    assert.deepEqual(broker.tokens, [])
  })
  it('rejects credentials that the brokers do not take', async t => {
    const certificate = makeCertificate()
    const trusted = tls.getCACertificates('default')
    tls.setDefaultCACertificates([...trusted, certificate.cert])
    t.after(() => tls.setDefaultCACertificates(trusted))
    const broker = await startTlsBroker({ certificate, sessionMs: 0, refusal: 'Access denied' })
    t.after(broker.stop)
    assertNothingSent(
      await publishTo(brokersAre(broker.brokers), keys),
      /the brokers refused to sign these credentials in \(.*Access denied\); sign in again, or allow the role kafka-cluster:Connect/,
    )
  })
  it('rejects brokers that are down', async () => {
    const brokers = `127.0.0.1:${await closedPort()}`
    assertNothingSent(await publish('--brokers', brokers), /^error: no Kafka broker answers at 127\.0\.0\.1:\d+ .*ECONNREFUSED.*\n$/)
  })
  it('tells the counts as JSON too', async () => {
    const { exitCode, stdout } = await publishTo(refusalOf('ExpiredTokenException'), keys, '--json', '--limit', '2')
    const { published, failed, notSent, error } = JSON.parse(stdout)
    assert.deepEqual([exitCode, published, failed, notSent, error.code], [1, 0, 0, 2, 'SERVER_FAILED'])
  })
  it('rejects an ARN that is none with exit code 2', async () => {
    const { exitCode, stderr } = await publish('--cluster-arn', 'demo')
    assert.equal(exitCode, 2)
    assert.match(stderr, /^error: a cluster's ARN must be arn:aws:kafka:<region>:<account>:cluster\/<name>\/<id>, got demo\n$/)
  })
})
