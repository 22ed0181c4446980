import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import type { Kafka } from 'kafkajs'
import { connectKafka } from '#functions/adapters/kafka-client.ts'
import { type KafkaSender, kafkaSender } from '#functions/adapters/kafka-sender.ts'
import { openConsumer } from '#functions/adapters/kafka-wire.ts'
import { s3Store } from '#functions/adapters/s3.ts'
import { kafkaTopicAdmin } from '#functions/adapters/topic-admin.ts'
import type { OutgoingRecord } from '#functions/ports.ts'
import type { FeaturesRecord } from '#functions/records.ts'
import { pipeline as payments } from '#models/examples/payments.ts'
import { type Broker, startBroker } from '../../localstack/broker.ts'
import { type Deployment, deploy } from '../../localstack/deploy.ts'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'
import { readDeployedNames } from '../../localstack/event-source/deployed-names.ts'
import { makeDeliveryClient, makeInvoke } from '../../localstack/event-source/invoke.ts'
import { type Mapping, readMappings } from '../../localstack/event-source/mappings.ts'
import { type EventSource, startEventSource } from '../../localstack/event-source.ts'
import { logsFolder } from '../../localstack/folders.mjs'
import { createTopics } from '../../localstack/topics.ts'

const ofPayments = { pipelineName: 'payments', pipelineFile: 'models/examples/payments.ts' }

describe('deploy, to an emulator', { timeout: 180_000 }, () => {
  let broker: Broker
  let emulator: Emulator
  const deployments: Deployment[] = []
  const deployOne = (which: typeof ofPayments, stackSettings: Record<string, string> = {}) =>
    deploy({ ...which, clusterArn: emulator.clusterArn, env: emulator.env, stackSettings })
  const deployPayments = () => deployOne(ofPayments, { kafkaBrokers: broker.brokers })
  const mappingsOf = async ({ stackName, template }: Deployment) =>
    readMappings(template, await readDeployedNames(new CloudFormationClient(), stackName, emulator.clusterArn))
  before(async () => {
    broker = await startBroker()
    // Its MSK names a broker that is not there: payments, which is driven here, is told the brokers as on an emulator without MSK
    emulator = await startEmulator({ brokers: '127.0.0.1:1' })
    Object.assign(process.env, emulator.env)
    deployments.push(await deployOne({ pipelineName: 'flights', pipelineFile: 'models/pipeline.ts' }), await deployPayments())
  })
  after(async () => {
    await emulator?.stop()
    await broker?.stop()
  })

  it('puts two definitions side by side, each with stores of its own', () => {
    const [flights, other] = deployments.map(({ outputs }) => Object.values(outputs))
    assert.deepEqual(
      flights.filter(value => other.includes(value)),
      [],
    )
  })
  it('gives them topics, groups and functions of their own, and a reading for each input', async () => {
    const [flights, other] = await Promise.all(deployments.map(mappingsOf))
    const inputs = other.filter(({ topic }) => /\.(limits|logins)$/.test(topic)).map(({ groupId }) => groupId)
    assert.deepEqual(inputs.sort(), [
      'payments.archive.limits',
      'payments.archive.logins',
      'payments.preprocess.limits',
      'payments.preprocess.logins',
    ])
    assert.equal(flights.length + inputs.length, other.length)
    for (const part of ['topic', 'groupId', 'functionName'] as const) {
      const taken = new Set(flights.map(mapping => mapping[part]))
      for (const mapping of other) assert.ok(!taken.has(mapping[part]), mapping[part])
    }
    assert.deepEqual([...new Set(flights.flatMap(({ unfollowed }) => unfollowed))], [])
  })
  it('changes nothing when nothing has changed', async () => {
    await deployPayments()
    assert.match(await readFile(path.join(logsFolder, 'deploy.log'), 'utf8'), /no changes/)
  })

  describe('of a definition with a table and a stream', () => {
    let kafka: Kafka
    let send: KafkaSender
    let source: EventSource
    let features: Awaited<ReturnType<typeof readFeatures>>
    before(async () => {
      kafka = connectKafka(broker.brokers, 'none')
      send = kafkaSender(async () => kafka)
      await createTopics(kafka, payments)
      const mappings = (await mappingsOf(deployments[1])).filter(isPreprocessOrLimits)
      const { clusterArn } = emulator
      source = await startEventSource({ brokers: broker.brokers, clusterArn, mappings, invoke: makeInvoke(makeDeliveryClient()) })
      features = await readFeatures(kafka)
    })
    after(async () => {
      await features?.stop()
      await source?.stop()
      await send?.close()
    })

    /** Sends a record of an input and waits until all that read its topic have taken it. */
    const sendInput = async (input: string, record: Pick<OutgoingRecord, 'key' | 'value'>) => {
      const topic = `payments.${input}`
      const countsOf = () => source.status().flatMap(status => (status.topic === topic ? [status.records] : []))
      const wanted = countsOf().map(count => count + 1)
      await send([{ topic, ...record }])
      await waitFor(() => countsOf().every((count, at) => count >= wanted[at]), `${topic} to be read`)
    }
    const pay = async (paymentId: string) => {
      const payment = { paymentId, sentAtMs: Date.now(), cardId: 'c1', shopId: 's1', country: 'DE', amountCents: 2_500 }
      await send([{ topic: 'payments.events', key: paymentId, value: JSON.stringify(payment) }])
      await waitFor(() => features.byId.has(paymentId), `the features of ${paymentId}`)
      const row = features.byId.get(paymentId)!
      const values = Object.fromEntries(payments.features.map(({ name }, at) => [name, row.features[at]]))
      return [values.shareOfLimit, values.loginCountry, values.isAbroad, values.loginsOfCard1h]
    }

    it('joins an event with the rows of both, counts the stream, and forgets a row that is taken away', async () => {
      assert.deepEqual(await pay('before'), [null, null, null, 0])
      await sendInput('limits', { key: 'c1', value: '{"limitCents":10000}' })
      await sendInput('logins', { key: 'c1', value: JSON.stringify({ atMs: Date.now() - 600_000, cardId: 'c1', country: 'US' }) })
      assert.deepEqual(await pay('joined'), [0.25, 'US', 1, 1])
      await sendInput('limits', { key: 'c1', value: null })
      assert.deepEqual(await pay('removed'), [null, 'US', 1, 1])
    })
    it('keeps the records of an input in the archive', async () => {
      assert.ok((await s3Store(deployments[1].outputs.ArchiveBucketName).list('payments.limits/date=')).length > 0)
    })
    it('keeps of a table the latest record of each key', async () => {
      const admin = await kafkaTopicAdmin(broker.brokers, 'none')
      const topics = await admin.read(['payments.limits', 'payments.logins'])
      await admin.close()
      const clock = { 'message.timestamp.type': 'LogAppendTime' }
      assert.deepEqual(topics.get('payments.limits')?.configs, { 'cleanup.policy': 'compact', ...clock })
      assert.deepEqual(topics.get('payments.logins')?.configs, clock)
    })
  })
})

/** What the join needs, and one reading of the archive. */
const isPreprocessOrLimits = ({ groupId }: Mapping) => groupId.startsWith('payments.preprocess.') || groupId === 'payments.archive.limits'

/** The features of a pipeline's events as they come, by id. */
async function readFeatures(kafka: Kafka) {
  const byId = new Map<string, FeaturesRecord>()
  const consumer = openConsumer(kafka, { groupId: `payments.test.${process.pid}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic: 'payments.features', fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      const record = JSON.parse(String(message.value)) as FeaturesRecord
      byId.set(record.id, record)
    },
  })
  return { byId, stop: () => consumer.disconnect() }
}

async function waitFor(isThere: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + 20_000
  while (!isThere()) {
    assert.ok(performance.now() < deadlineMs, `waited 20 s for ${what}`)
    await sleep(50)
  }
}
