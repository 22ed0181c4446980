import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import kafkajs, { type Admin, type Kafka, type Producer } from 'kafkajs'
import { readLag } from '#functions/adapters/kafka-lag.ts'
import { kafkaSender } from '#functions/adapters/kafka-sender.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import type { RejectionCode } from '#functions/records.ts'
import { toRejected } from '#functions/rejected.ts'
import { readTopic, toStepRecord } from '../../cli/read-topic.ts'
import { countRecordsOf, toRecordLag } from '../../cli/record-lag.ts'
import { openLedger, toLedgerTopic } from '../../cli/redrive-ledger.ts'
import type { Candidate } from '../../cli/redrive-records.ts'
import { readRejected } from '../../cli/redrive-rejected.ts'
import { type Broker, startBroker } from '../../localstack/broker.ts'
import { runCommand } from '../run-command.ts'

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

async function readAll(topic: string): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = []
  for await (const batch of readTopic({ kafka, topic })) records.push(...batch.map(toStepRecord))
  return records
}

/** A pipeline of this name with `count` events in each of its two partitions, all rejected by preprocess. */
async function makeRejections(name: string, count: number, toCode: (row: number) => RejectionCode = () => 'EVENT_INVALID') {
  const [events, rejected] = [`${name}.events`, `${name}.rejected`]
  await admin.createTopics({ waitForLeaders: true, topics: [events, rejected].map(topic => ({ topic, numPartitions: 2 })) })
  for (const partition of [0, 1]) {
    const messages = Array.from({ length: count }, (_, row) => ({
      partition,
      key: `k${partition}`,
      value: `${partition}:${row}`,
      headers: { row: `${row}` },
    }))
    await producer.send({ topic: events, messages })
  }
  const send = kafkaSender(async () => kafka)
  const outgoing = (await readAll(events)).map(record =>
    toRejected(rejected, record, { step: 'preprocess', code: toCode(Number(record.headers[0][1])), reason: 'why' }),
  )
  await send(outgoing)
  await send.close()
  return { events, rejected }
}

/**
 * Runs the command, and waits until its last transaction has ended in every partition: Kafka answers a commit before that, and readers of what is
 * committed see its records only then. The next producer of its name has to wait for just that.
 */
async function redrive(from: string, ...flags: string[]) {
  const result = await runCommand('redrive', '--from', from, '--brokers', broker.brokers, ...flags)
  if (result.exitCode === 0 && !flags.includes('--dry-run')) await (await openLedger(kafka, from, { isReadOnly: false })).close()
  return result
}

const countsOf = ({ stdout }: { readonly stdout: string }) => JSON.parse(stdout)

describe('millrace redrive', () => {
  it('puts rejected records back in their partitions and order, once, however often it is run', async () => {
    const { events, rejected } = await makeRejections('whole', 3_000)
    const first = await redrive(rejected, '--json')
    assert.deepEqual([first.exitCode, first.stderr, countsOf(first).redriven], [0, '', 6_000])
    const second = countsOf(await redrive(rejected, '--json'))
    assert.deepEqual([second.redriven, second.before], [0, 6_000])

    const all = await readAll(events)
    for (const partition of [0, 1]) {
      const values = all.filter(record => record.partition === partition).map(({ value }) => String(value))
      const rows = Array.from({ length: 3_000 }, (_, row) => `${partition}:${row}`)
      assert.deepEqual(values, [...rows, ...rows])
    }
    const [last] = all.filter(({ partition }) => partition === 1).slice(-1)
    assert.deepEqual(
      last.headers.map(([name]) => name),
      ['row', 'millrace-redriven', 'millrace-attempts'],
    )
    assert.equal(String(last.key), 'k1')
  })
  it('leaves no lag behind where all records were read, though its transactions left marks', async () => {
    const { events, rejected } = await makeRejections('marked', 3)
    await redrive(rejected)
    const offsets = await admin.fetchTopicOffsets(events)
    const partitions = offsets.map(({ partition, high }) => ({ partition, offset: String(Number(high) - 1) })) // behind the last record
    await admin.setOffsets({ groupId: 'marked.reader', topic: events, partitions })
    const [lag] = await readLag(admin, [{ group: 'marked.reader', topic: events }])
    const waiting = await toRecordLag(lag, () => true, countRecordsOf(kafka))
    assert.deepEqual([lag.lag, waiting.lag], [2, 0])
  })
  it('puts back one code first and the rest later, and says so', async () => {
    const { events, rejected } = await makeRejections('codes', 10, row => (row % 2 === 0 ? 'FILTERED' : 'EVENT_INVALID'))
    const dry = await redrive(rejected, '--code', 'FILTERED', '--dry-run')
    assert.match(
      dry.stdout,
      /^codes\.rejected: 10 records would go back in \d+\.\d s\n {2}for FILTERED 10; to codes\.events 10\n {2}10 records not meant\n$/,
    )
    assert.equal((await readAll(events)).length, 20)
    assert.match((await redrive(rejected, '--code', 'FILTERED')).stdout, /^codes\.rejected: 10 records put back/)
    const rest = countsOf(await redrive(rejected, '--json'))
    assert.deepEqual([rest.redriven, rest.before, rest.byCode], [10, 10, { EVENT_INVALID: 10 }])
  })
  it('makes no ledger in a dry run', async () => {
    const { rejected } = await makeRejections('dry', 1)
    await redrive(rejected, '--dry-run')
    assert.ok(!(await admin.listTopics()).includes(`${rejected}.redriven`))
  })
  it('puts back neither records nor their places where the transaction did not end', async () => {
    const { events, rejected } = await makeRejections('broken', 5)
    const ledger = await openLedger(kafka, rejected, { isReadOnly: false })
    const outgoing = { topic: events, key: null, value: 'x' }
    await assert.rejects(
      ledger.putBack([
        { outgoing, partition: 0, place: '0/0/1' },
        { outgoing: { ...outgoing, value: randomBytes(1_200_000) }, partition: 1, place: '0/1/1' },
      ]),
      { type: 'MESSAGE_TOO_LARGE' },
    )
    await ledger.close()
    assert.equal((await readAll(events)).length, 10)
    assert.deepEqual(await readAll(`${rejected}.redriven`), [])
    assert.equal(countsOf(await redrive(rejected, '--json')).redriven, 10)
  })
  it('ends the transaction of a run that died in the middle of a chunk, and puts it back whole', async () => {
    const { events, rejected } = await makeRejections('killed', 5)
    const dying = kafka.producer({ transactionalId: toLedgerTopic(rejected), idempotent: true, maxInFlightRequests: 1 })
    await dying.connect()
    const transaction = await dying.transaction()
    await transaction.send({ topic: events, messages: [{ partition: 0, value: 'half' }] })
    await dying.disconnect()
    assert.equal(countsOf(await redrive(rejected, '--json')).redriven, 10)
    const values = (await readAll(events)).map(({ value }) => String(value))
    assert.deepEqual([values.length, values.includes('half')], [20, false])
  })
  it('shuts out a run that is still at work, and knows what that one has done', async () => {
    const { events, rejected } = await makeRejections('twins', 5)
    const first = await openLedger(kafka, rejected, { isReadOnly: false })
    const [one] = await readAll(rejected)
    const places = readRejected(
      (async function* () {
        yield [one]
      })(),
      { claims: memoryStore(), isRedriven: () => false },
    )
    const [{ place }] = (await places.next()).value as readonly Candidate[]
    const put = { outgoing: { topic: events, key: null, value: 'first' }, partition: 0, place }
    await first.putBack([put])
    const second = countsOf(await redrive(rejected, '--json'))
    assert.deepEqual([second.redriven, second.before], [9, 1])
    await assert.rejects(first.putBack([{ ...put, place: 'later' }]), /epoch|fenced/i)
    await first.close().catch(() => {})
    assert.equal((await readAll(events)).length, 20)
  })
  it('rejects a topic that is not there with exit code 2', async () => {
    const { exitCode, stderr } = await redrive('nowhere.rejected')
    assert.equal(exitCode, 2)
    assert.match(stderr, /^error: --from must be a topic of .*, 'nowhere\.rejected' is not: .*\n$/)
  })
})
