import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Admin, type Producer } from 'kafkajs'
import { startBroker } from '../../localstack/broker.ts'
import type { Invoke } from '../../localstack/event-source/invoke.ts'
import { type Mapping, mappingDefaults } from '../../localstack/event-source/mappings.ts'
import type { InvokeResult } from '../../localstack/event-source/outcome.ts'
import { type EventSource, startEventSource } from '../../localstack/event-source.ts'

const partitionCount = 3
let broker: Awaited<ReturnType<typeof startBroker>>
let kafka: kafkajs.Kafka
let admin: Admin
let producer: Producer
const sources: EventSource[] = []

before(async () => {
  broker = await startBroker()
  kafka = new kafkajs.Kafka({ brokers: broker.brokers.split(','), logLevel: kafkajs.logLevel.NOTHING })
  admin = kafka.admin()
  producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await Promise.all([admin.connect(), producer.connect()])
})

after(async () => {
  await Promise.all(sources.map(source => source.stop()))
  await Promise.all([admin.disconnect(), producer.disconnect()])
  await broker.stop()
})

/** A topic of its own for each test, with `perPartition` records in each partition. */
async function makeTopic(perPartition: number, padding = ''): Promise<Mapping> {
  const topic = `orders-${randomUUID()}`
  await admin.createTopics({ topics: [{ topic, numPartitions: partitionCount }], waitForLeaders: true })
  await produce(topic, perPartition, padding)
  return {
    ...mappingDefaults,
    logicalId: 'OrdersSource',
    functionName: 'orders',
    topic,
    groupId: `group-${topic}`,
    batchSize: 50,
    windowMs: 100,
    reportsItemFailures: true,
  }
}

async function produce(topic: string, perPartition: number, padding = ''): Promise<void> {
  for (let partition = 0; partition < partitionCount; partition++) {
    for (let row = 0; row < perPartition; row += 500) {
      const count = Math.min(500, perPartition - row)
      await producer.send({ topic, messages: Array.from({ length: count }, () => ({ partition, value: `order${padding}` })) })
    }
  }
}

interface Delivered {
  readonly partition: number
  readonly offset: number
}

const answer = (response: unknown = null): InvokeResult => ({ ok: true, response })
const failWith = ({ partition, offset }: Delivered, topic: string) =>
  answer({ batchItemFailures: [{ itemIdentifier: { partition: `${topic}-${partition}`, offset } }] })

/** A function that is given the batch's records and how often it has run, and notes what it answered for. */
function makeFunction(run: (records: Delivered[], callCount: number) => Promise<InvokeResult> | InvokeResult) {
  const batches: Delivered[][] = []
  const running = new Set<number>()
  const invoke: Invoke = async (_, payload) => {
    const event: { records: Record<string, Delivered[]> } = JSON.parse(String(payload))
    const records = Object.values(event.records).flat()
    const partitions = new Set(records.map(({ partition }) => partition))
    for (const partition of partitions) {
      assert.ok(!running.has(partition), 'two invocations of one partition at a time')
      running.add(partition)
    }
    batches.push(records)
    const result = await run(records, batches.length)
    for (const partition of partitions) running.delete(partition)
    return result
  }
  return { invoke, batches }
}

async function start(mapping: Mapping, invoke: Invoke): Promise<EventSource> {
  const source = await startEventSource({ brokers: broker.brokers, clusterArn: 'arn:aws:kafka:local', mappings: [mapping], invoke })
  sources.push(source)
  return source
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 30_000
  while (!(await isTrue())) {
    assert.ok(Date.now() < deadlineMs, 'not within 30 s')
    await delay(20)
  }
}

async function committedOffsets({ groupId, topic }: Mapping): Promise<number[]> {
  const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] })
  return partitions.sort((a, b) => a.partition - b.partition).map(({ offset }) => Number(offset))
}

const offsetsOf = (batches: readonly Delivered[][], partition: number) =>
  batches
    .flat()
    .filter(one => one.partition === partition)
    .map(({ offset }) => offset)
const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, row) => row + from)

describe('the event source on a real broker', () => {
  it('delivers every record once, in order per partition, and commits the ends', async () => {
    const mapping = await makeTopic(120)
    const { invoke, batches } = makeFunction(() => answer())
    const source = await start(mapping, invoke)
    await until(() => source.status()[0].records === 360)
    await source.stop()
    for (let partition = 0; partition < partitionCount; partition++) assert.deepEqual(offsetsOf(batches, partition), upTo(120))
    assert.ok(batches.every(batch => batch.length <= 50))
    assert.deepEqual(await committedOffsets(mapping), [120, 120, 120])
    const { retries, failedItems, discarded, inFlight, queued } = source.status()[0]
    assert.deepEqual(
      { retries, failedItems, discarded, inFlight, queued },
      { retries: 0, failedItems: 0, discarded: 0, inFlight: 0, queued: 0 },
    )
  })

  it('shares a payload among partitions when there are more than five for each poller', async () => {
    const topic = `wide-${randomUUID()}`
    await admin.createTopics({ topics: [{ topic, numPartitions: 6 }], waitForLeaders: true })
    await producer.send({ topic, messages: [0, 1, 2, 3, 4, 5].map(partition => ({ partition, value: 'order' })) })
    const mapping = { ...(await makeTopic(0)), topic, groupId: `group-${topic}` }
    const { invoke, batches } = makeFunction(() => answer())
    const source = await start({ ...mapping, maxPollerCount: 1, windowMs: 500 }, invoke)
    const offsets = await admin.fetchTopicOffsets(topic) // a topic that is new is now and then sent to twice
    const written = offsets.reduce((sum, { high }) => sum + Number(high), 0)
    await until(() => source.status()[0].records === written)
    const shared = batches.map(batch => [...new Set(batch.map(({ partition }) => partition))].sort())
    assert.deepEqual(shared.toSorted(), [[0, 5], [1], [2], [3], [4]])
  })

  it('brings back a partition from its reported record on, and only that', async () => {
    const mapping = await makeTopic(40)
    const isFirstSight = new Set(['1:7', '1:23', '2:0'])
    const { invoke, batches } = makeFunction(records => {
      const failed = records.find(({ partition, offset }) => isFirstSight.delete(`${partition}:${offset}`))
      return failed ? failWith(failed, mapping.topic) : answer()
    })
    const source = await start(mapping, invoke)
    await until(() => source.status()[0].records === 120)
    await source.stop()
    assert.deepEqual(offsetsOf(batches, 0), upTo(40))
    assert.deepEqual(offsetsOf(batches, 1), [...upTo(40), ...upTo(40, 7), ...upTo(40, 23)])
    assert.deepEqual(offsetsOf(batches, 2), [...upTo(40), ...upTo(40)])
    assert.deepEqual(await committedOffsets(mapping), [40, 40, 40])
  })

  it('resumes where an earlier one has committed, in the middle of a batch', async () => {
    const mapping = await makeTopic(40)
    const first = makeFunction(records => {
      const poisoned = records.find(({ partition, offset }) => partition === 1 && offset >= 17)
      return poisoned ? failWith(poisoned, mapping.topic) : answer()
    })
    const source = await start(mapping, first.invoke)
    await until(() => source.status()[0].records === 97 && source.status()[0].retries > 0)
    await source.stop()
    assert.deepEqual(await committedOffsets(mapping), [40, 17, 40])

    const second = makeFunction(() => answer())
    const resumed = await start(mapping, second.invoke)
    await until(() => resumed.status()[0].records === 23)
    await resumed.stop()
    assert.deepEqual(
      second.batches.flat().map(({ partition, offset }) => [partition, offset]),
      upTo(40, 17).map(offset => [1, offset]),
    )
    assert.deepEqual(await committedOffsets(mapping), [40, 40, 40])
  })

  it('starts behind what is there with LATEST', async () => {
    const mapping = await makeTopic(5)
    const { invoke, batches } = makeFunction(() => answer())
    const source = await start({ ...mapping, startsAt: 'LATEST' }, invoke)
    // joined is not yet placed: what comes until then is behind the start, as on AWS
    await until(async () => {
      await produce(mapping.topic, 1)
      return [0, 1, 2].every(partition => offsetsOf(batches, partition).length > 0)
    })
    await source.stop()
    for (const partition of [0, 1, 2]) assert.ok(offsetsOf(batches, partition)[0] >= 5)
  })

  it('starts at the first record of its time with AT_TIMESTAMP', async () => {
    const mapping = await makeTopic(0)
    const startsAtMs = Date.now() - 60_000
    const messages = [-2_000, -1, 0, 1_000].map(afterMs => ({ partition: 0, value: 'order', timestamp: String(startsAtMs + afterMs) }))
    await producer.send({ topic: mapping.topic, messages })
    const { invoke, batches } = makeFunction(() => answer())
    const source = await start({ ...mapping, startsAt: 'AT_TIMESTAMP', startsAtMs }, invoke)
    await until(() => source.status()[0].records === 2)
    await source.stop()
    assert.deepEqual(offsetsOf(batches, 0), [2, 3])
  })

  it('bears gaps in offsets and delivers what a transaction wrote', async () => {
    const mapping = await makeTopic(0)
    const writer = kafka.producer({
      transactionalId: randomUUID(),
      maxInFlightRequests: 1,
      idempotent: true,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    })
    await writer.connect()
    for (const value of ['a', 'b', 'c']) {
      const transaction = await writer.transaction()
      await transaction.send({ topic: mapping.topic, messages: [{ partition: 0, value }] })
      await transaction.commit()
      await delay(100) // kafkajs does not wait for the markers: https://github.com/tulios/kafkajs/issues/1315
    }
    await writer.disconnect()
    const { invoke, batches } = makeFunction(() => answer())
    const source = await start(mapping, invoke)
    await until(() => source.status()[0].records === 3)
    await source.stop()
    assert.deepEqual(offsetsOf(batches, 0), [0, 2, 4])
    assert.equal((await committedOffsets(mapping))[0], 5)
  })

  it('stops reading while its queues are full, and goes on when they are not', async () => {
    const mapping = await makeTopic(4_000, 'x'.repeat(1_000)) // a queue takes 1,000 records here, a fetch brings about as many
    let queuedMost = 0
    let source: EventSource | undefined
    const { invoke, batches } = makeFunction(async () => {
      await delay(5)
      queuedMost = Math.max(queuedMost, source?.status()[0].queued ?? 0)
      return answer()
    })
    source = await start(mapping, invoke)
    await until(() => source?.status()[0].records === 12_000)
    for (let partition = 0; partition < partitionCount; partition++) assert.deepEqual(offsetsOf(batches, partition), upTo(4_000))
    assert.ok(queuedMost < 7_500, `held ${queuedMost} records at once`)
  })

  it('loses nothing when a second one joins the group and leaves again', async () => {
    const mapping = await makeTopic(300)
    const done = new Set<string>()
    const makeSlow = () =>
      makeFunction(async records => {
        await delay(30)
        for (const { partition, offset } of records) done.add(`${partition}:${offset}`)
        return answer()
      })
    const small = { ...mapping, batchSize: 10 }
    const first = await start(small, makeSlow().invoke)
    const second = await start(small, makeSlow().invoke)
    await produce(mapping.topic, 300)
    await until(() => done.size > 1_000)
    await second.stop()
    await produce(mapping.topic, 300)
    await until(async () => (await committedOffsets(mapping)).every(offset => offset === 900))
    await first.stop()
    assert.equal(done.size, 2_700)
    assert.ok(second.status()[0].records > 0)
  })

  it('rejects a topic that does not exist', async () => {
    const mapping = { ...(await makeTopic(0)), topic: 'no-such-topic' }
    await assert.rejects(start(mapping, makeFunction(() => answer()).invoke), {
      code: 'SETTING_INVALID',
      message: /missing: no-such-topic/,
    })
  })
})
