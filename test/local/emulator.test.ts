import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { GetBootstrapBrokersCommand, KafkaClient } from '@aws-sdk/client-kafka'
import { CreateFunctionCommand, InvokeCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'
import { freePorts } from '../../localstack/ports.ts'
import { zipCode } from '../zip-code.ts'

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
const brokers = '127.0.0.1:19092' // the emulator only hands it on

describe('startEmulator', () => {
  let emulator: Emulator
  let client: { endpoint: string; region: string; credentials: typeof credentials }
  before(async () => {
    emulator = await startEmulator({ brokers })
    client = { endpoint: emulator.endpoint, region: emulator.region, credentials }
  })
  after(() => emulator.stop())

  it('answers for its MSK cluster with the real broker', async () => {
    const answer = await new KafkaClient(client).send(new GetBootstrapBrokersCommand({ ClusterArn: emulator.clusterArn }))
    assert.deepEqual([answer.BootstrapBrokerString, answer.BootstrapBrokerStringSaslIam], [brokers, brokers])
  })
  it('keeps an S3 object and refuses to make it twice', async () => {
    const s3 = new S3Client(client)
    await s3.send(new CreateBucketCommand({ Bucket: 'models' }))
    const put = (Body: string) => s3.send(new PutObjectCommand({ Bucket: 'models', Key: 'champion', Body, IfNoneMatch: '*' }))
    await put('first')
    await assert.rejects(put('second'), { name: 'PreconditionFailed' })
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'models', Key: 'champion' }))
    assert.equal(await Body?.transformToString(), 'first')
  })
  it('replaces an S3 object only by its current ETag', async () => {
    const s3 = new S3Client(client)
    const put = (Body: string, IfMatch?: string) =>
      s3.send(new PutObjectCommand({ Bucket: 'models', Key: 'pointer', Body, ...(IfMatch ? { IfMatch } : {}) }))
    const { ETag: first } = await put('v1')
    await put('v2', first)
    await assert.rejects(put('v3', first), { name: 'PreconditionFailed' })
  })
  it("runs a function on Lambda's own major of Node, with the emulator for its AWS", async () => {
    const code = 'exports.handler = async () => [process.versions.node.split(".")[0], process.env.AWS_ENDPOINT_URL]'
    assert.deepEqual(await callFunction(client, 'node', code), ['24', emulator.endpoint])
  })
})

describe('a run that is killed', { timeout: 120_000 }, () => {
  it('leaves neither emulator nor functions behind', async () => {
    const script = `
      import { startEmulator } from ${JSON.stringify(new URL('../../localstack/emulator.ts', import.meta.url))}
      console.log(JSON.stringify(await startEmulator({ brokers: '${brokers}' })))
      setInterval(() => {}, 1000)`
    const run = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    after(() => run.kill('SIGKILL'))
    const emulator: Emulator = JSON.parse(String((await once(run.stdout, 'data'))[0]))
    const code = 'setInterval(() => {}, 1000); exports.handler = async () => [process.pid, process.ppid]'
    const pids: number[] = await callFunction({ endpoint: emulator.endpoint, region: emulator.region, credentials }, 'stays', code)
    assert.deepEqual(pids.map(isLive), [true, true])
    run.kill('SIGKILL')
    for (let tries = 0; pids.some(isLive) && tries < 500; tries++) await sleep(20)
    assert.deepEqual(pids.map(isLive), [false, false])
  })
})

describe('startEmulator with AWS_ENDPOINT_URL', () => {
  it('uses the emulator that is there and leaves it running', async () => {
    const [unused] = await freePorts(1)
    const ours = await startEmulator({ brokers })
    const given = await startEmulator({ brokers: `127.0.0.1:${unused}`, env: { ...process.env, AWS_ENDPOINT_URL: ours.endpoint } })
    await given.stop()
    assert.deepEqual([given.kind, given.clusterArn], ['given', ours.clusterArn])
    assert.equal((await fetch(`${ours.endpoint}/_ministack/health`)).status, 200)
    await ours.stop()
  })
})

async function callFunction(client: LambdaClientConfig, name: string, code: string) {
  const lambda = new LambdaClient(client)
  const Role = 'arn:aws:iam::000000000000:role/test'
  const settings = { FunctionName: name, Runtime: 'nodejs24.x', Handler: 'index.handler', Role, Timeout: 30 } as const
  await lambda.send(new CreateFunctionCommand({ ...settings, Code: { ZipFile: zipCode(code) } }))
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: name }))
  return JSON.parse(Buffer.from(Payload ?? []).toString())
}

/** Whether the process runs; one that has ended and that nobody has waited for does not. */
function isLive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
