import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { CloudFormationClient, CreateStackCommand, waitUntilStackCreateComplete } from '@aws-sdk/client-cloudformation'
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import kafkajs, { type Kafka } from 'kafkajs'
import { type Broker, startBroker } from '../../localstack/broker.ts'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'
import { readDeployedNames } from '../../localstack/event-source/deployed-names.ts'
import { makeDeliveryClient, makeInvoke } from '../../localstack/event-source/invoke.ts'
import { type Mapping, mappingDefaults } from '../../localstack/event-source/mappings.ts'
import { startEventSource } from '../../localstack/event-source.ts'
import { zipCode } from '../zip-code.ts'

let broker: Broker
let emulator: Emulator
let kafka: Kafka

before(async () => {
  broker = await startBroker()
  emulator = await startEmulator({ brokers: broker.brokers })
  Object.assign(process.env, emulator.env)
  kafka = new kafkajs.Kafka({ brokers: broker.brokers.split(','), logLevel: kafkajs.logLevel.NOTHING })
})

after(async () => {
  await emulator.stop()
  await broker.stop()
})

/** Calls SQS of the emulator in its JSON protocol. */
async function callQueue(action: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` }
  const answer = await fetch(emulator.endpoint, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.equal(answer.status, 200, await answer.clone().text())
  return (await answer.json()) as Record<string, unknown>
}

async function makeQueue(name: string) {
  const { QueueUrl } = await callQueue('CreateQueue', { QueueName: name })
  const queueArn = `arn:aws:sqs:us-east-1:000000000000:${name}`
  const receive = async () => {
    const { Messages = [] } = await callQueue('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 10 })
    return JSON.parse((Messages as { Body: string }[])[0].Body)
  }
  return { queueArn, receive }
}

/** A deployed function of this code, a topic with `values`, and its mapping with a destination; resolves when all records are settled. */
async function run(code: string, values: readonly string[], settings: Partial<Mapping>) {
  const functionName = `orders-${randomUUID()}`
  const topic = `topic-${functionName}`
  const Role = 'arn:aws:iam::000000000000:role/test'
  const deployed = { FunctionName: functionName, Runtime: 'nodejs24.x', Handler: 'index.handler', Role, Timeout: 1 } as const
  await new LambdaClient().send(new CreateFunctionCommand({ ...deployed, Code: { ZipFile: zipCode(code) } }))
  const [admin, producer] = [kafka.admin(), kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })]
  await Promise.all([admin.connect(), producer.connect()])
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
  await producer.send({ topic, messages: values.map(value => ({ key: 'k', value })) })
  const source = await startEventSource({
    brokers: broker.brokers,
    clusterArn: emulator.clusterArn,
    mappings: [{ ...mappingDefaults, logicalId: 'Orders', functionName, topic, groupId: `group-${topic}`, maxRetryCount: 0, ...settings }],
    invoke: makeInvoke(makeDeliveryClient()),
    retryWaitMs: () => 50,
  })
  const isSettled = ([{ records, discarded }] = source.status()) => records + discarded === values.length
  while (!isSettled()) await delay(20)
  await source.stop()
  await Promise.all([admin.disconnect(), producer.disconnect()])
  return { status: source.status()[0], topic }
}

const throwing = 'exports.handler = async () => { throw new Error("no") }'

describe('the event source with deployed functions', () => {
  it('takes a function that runs into its timeout for a failure', async () => {
    const { status } = await run('exports.handler = () => new Promise(resolve => setTimeout(resolve, 5_000))', ['a'], { maxRetryCount: 1 })
    assert.deepEqual([status.discarded, status.invocations], [1, 2])
    assert.match(status.lastError ?? '', /Task timed out after 1\.00 seconds/)
  })
  it('takes a function whose process ends for a failure, and goes on with the next batch in a new one', async () => {
    const code = `exports.handler = async event => {
      const [[record]] = Object.values(event.records)
      if (Buffer.from(record.value, 'base64').toString() === 'bad') process.exit(1)
    }`
    const { status } = await run(code, ['bad', 'good'], { batchSize: 1, maxRetryCount: 1 })
    assert.deepEqual([status.discarded, status.records, status.invocations], [1, 1, 3])
  })
  it('sends what it gave up to a real queue', async () => {
    const { queueArn, receive } = await makeQueue('failed-orders')
    const { topic } = await run(throwing, ['a', 'b'], { destination: { kind: 'sqs', queueArn } })
    const { requestContext, KafkaBatchInfo } = await receive()
    assert.equal(requestContext.condition, 'RetryAttemptsExhausted')
    assert.match(requestContext.requestId, /^[\da-f-]{36}$/)
    assert.deepEqual(Object.keys(KafkaBatchInfo.recordsInfo), [`${topic}-0`])
  })
  it('publishes what it gave up to a real topic of SNS', async () => {
    const { queueArn, receive } = await makeQueue('subscribed')
    const sns = new SNSClient()
    const { TopicArn: topicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'failed-orders' }))
    await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: queueArn }))
    await run(throwing, ['a'], { destination: { kind: 'sns', topicArn } })
    assert.equal(JSON.parse((await receive()).Message).KafkaBatchInfo.batchSize, 1)
  })
  it('writes what it gave up to a real bucket', async () => {
    const s3 = new S3Client({ forcePathStyle: true })
    await s3.send(new CreateBucketCommand({ Bucket: 'failed-orders' }))
    const { topic } = await run(throwing, ['a', 'b'], { destination: { kind: 's3', bucket: 'failed-orders' } })
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'failed-orders', Prefix: 'aws/lambda/' }))
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'failed-orders', Key: Contents[0].Key }))
    const { payload } = JSON.parse((await Body?.transformToString()) ?? '')
    assert.equal(JSON.parse(payload).records[`${topic}-0`].length, 2)
  })
  it('writes what it gave up to a real topic of Kafka', async () => {
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'failed-orders', numPartitions: 1 }], waitForLeaders: true })
    await run(throwing, ['a', 'b'], { destination: { kind: 'kafka', topic: 'failed-orders' } })
    const [{ high }] = await admin.fetchTopicOffsets('failed-orders')
    await admin.disconnect()
    assert.equal(high, '2')
  })
  it('finds function, queue, topic and bucket of a deployed stack by their names in its template', async () => {
    const Role = 'arn:aws:iam::000000000000:role/test'
    const Properties = { Runtime: 'nodejs24.x', Handler: 'index.handler', Role, Code: { ZipFile: 'exports.handler = async () => {}' } }
    const Resources = {
      Infer: { Type: 'AWS::Lambda::Function', Properties },
      Queue: { Type: 'AWS::SQS::Queue' },
      Topic: { Type: 'AWS::SNS::Topic' },
      Bucket: { Type: 'AWS::S3::Bucket' },
    }
    const client = new CloudFormationClient()
    await client.send(new CreateStackCommand({ StackName: 'named', TemplateBody: JSON.stringify({ Resources }) }))
    await waitUntilStackCreateComplete({ client, maxWaitTime: 30, minDelay: 1 }, { StackName: 'named' })
    const names = await readDeployedNames(client, 'named', emulator.clusterArn)
    assert.match(names.toFunctionName('Infer') ?? '', /Infer/)
    assert.match(names.toArn('Queue') ?? '', /^arn:aws:sqs:us-east-1:000000000000:.*Queue/)
    assert.match(names.toArn('Topic') ?? '', /^arn:aws:sns:us-east-1:000000000000:.*Topic/)
    assert.match(names.toArn('Bucket') ?? '', /^arn:aws:s3:::.*bucket/i)
  })
})
