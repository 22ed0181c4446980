import { randomUUID } from 'node:crypto'
import { after, before } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Admin, type Kafka, type Producer } from 'kafkajs'
import { type Broker, startBroker } from '../../localstack/broker.ts'
import { parseMapping } from '../../localstack/event-source/mappings.ts'
import { startEventSource } from '../../localstack/event-source.ts'
import { checkEventSource } from '../checks/event-source-checks.ts'
import { makeScriptedFunction, type RunScenario } from '../checks/event-source-scenario.ts'
import { collectingClients } from '../collecting-clients.ts'

let broker: Broker
let kafka: Kafka
let admin: Admin
let producer: Producer

before(async () => {
  broker = await startBroker()
  kafka = new kafkajs.Kafka({ brokers: broker.brokers.split(','), logLevel: kafkajs.logLevel.NOTHING })
  admin = kafka.admin()
  producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await Promise.all([admin.connect(), producer.connect()])
})

after(async () => {
  await Promise.all([admin.disconnect(), producer.disconnect()])
  await broker.stop()
})

/** The same scenarios over a topic and a group of their own; only Lambda is played. */
const run: RunScenario = async scenario => {
  const { partitions, settings, reading = 'from lowest' } = scenario
  const topic = `orders-${randomUUID()}`
  const groupId = `group-${topic}`
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions.length }], waitForLeaders: true })
  for (const [partition, records] of partitions.entries()) {
    for (const { key = null, value, ageMs = 0 } of records) {
      await producer.send({ topic, messages: [{ partition, key, value, timestamp: String(Date.now() - ageMs) }] })
    }
  }
  const AmazonManagedKafkaEventSourceConfig = { ConsumerGroupId: groupId }
  const fixed = { FunctionName: { Ref: 'Orders' }, Topics: [topic], StartingPosition: 'TRIM_HORIZON', AmazonManagedKafkaEventSourceConfig }
  const mapping = parseMapping('Orders', { ...fixed, ...settings }, { toFunctionName: () => 'orders', toArn: () => undefined })
  const readCommitted = async () => {
    const [group] = await admin.fetchOffsets({ groupId, topics: [topic] })
    return group.partitions.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => Math.max(0, Number(offset)))
  }
  const { invoke, observed } = makeScriptedFunction(scenario, readCommitted)
  const { clients, failures } = collectingClients()
  const source = await startEventSource({
    brokers: broker.brokers,
    clusterArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/local/1',
    mappings: [mapping],
    invoke,
    itemFailureReading: reading,
    destinations: clients,
    retryWaitMs: () => 100, // the commit before it is in the group by then
  })
  const total = partitions.flat().length
  const isSettled = ([{ records, discarded, filtered }] = source.status()) => records + discarded + filtered === total
  while (!isSettled()) await delay(10)
  await source.stop()
  return { ...observed, committed: await readCommitted(), failures: failures() }
}

checkEventSource('the event source on a real broker', run)
