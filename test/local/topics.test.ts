import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaTopicAdmin } from '#functions/adapters/topic-admin.ts'
import { makeTopics } from '#functions/topics/topics.ts'
import { pipeline } from '#models/examples/payments.ts'
import { topicsOf } from '#models/topics.ts'
import { planTopics } from '../../cdk/topics.ts'
import { type Broker, startBroker } from '../../localstack/broker.ts'

describe('the topics of an existing cluster, on a real broker', { timeout: 60_000 }, () => {
  let broker: Broker
  let admin: Awaited<ReturnType<typeof kafkaTopicAdmin>>
  const inNoVpc = { vpcId: undefined, subnetIds: [], zones: undefined }
  const plans = planTopics(topicsOf(pipeline), { ...inNoVpc, cluster: { kind: 'existing', arn: '', region: '' } })
  before(async () => {
    broker = await startBroker()
    admin = await kafkaTopicAdmin(broker.brokers, 'none')
  })
  after(async () => {
    await admin.close()
    await broker.stop()
  })

  it('are made as the stack plans them', async () => {
    const { created } = await makeTopics(admin, plans)
    assert.equal(created.length, plans.length)
    const topics = await admin.read(plans.map(({ name }) => name))
    for (const { name, partitionCount, configs } of plans) assert.deepEqual(topics.get(name), { partitionCount, configs })
  })
  it('are left alone when they are as planned', async () => {
    assert.deepEqual(await makeTopics(admin, plans), { created: [], grown: [], configured: [], larger: [] })
  })
  it('grow, never shrink, and take a new setting without losing another', async () => {
    const [first] = plans
    const changed = { ...first, partitionCount: first.partitionCount + 2, configs: { 'segment.ms': '60000' } }
    const { grown, configured } = await makeTopics(admin, [changed])
    assert.deepEqual([grown, configured], [[first.name], [first.name]])
    // A broker answers before its own list of topics shows what was added
    while ((await admin.read([first.name])).get(first.name)?.partitionCount === first.partitionCount) await sleep(20)
    const { larger } = await makeTopics(admin, [first])
    assert.deepEqual(larger, [first.name])
    const topic = (await admin.read([first.name])).get(first.name)
    assert.deepEqual(topic, { partitionCount: first.partitionCount + 2, configs: { ...first.configs, 'segment.ms': '60000' } })
  })
})
