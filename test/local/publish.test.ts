import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { connectKafka } from '#functions/adapters/kafka-client.ts'
import { readLag } from '#functions/adapters/kafka-lag.ts'
import { kafkaSender } from '#functions/adapters/kafka-sender.ts'
import { openConsumer } from '#functions/adapters/kafka-wire.ts'
import { type Broker, startBroker } from '../../localstack/broker.ts'
import { replay } from '../../localstack/replay/replay.ts'
import { runCommand } from '../run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-publish-'))
let broker: Broker
before(async () => {
  broker = await startBroker()
})
after(async () => {
  await broker.stop()
  rmSync(folder, { recursive: true })
})

/** A topic of this run: a broker that was given may keep those of earlier ones. */
const runName = `run${Date.now()}`
const topicOf = (name: string) => `${runName}.${name}`

const openKafka = () => connectKafka(broker.brokers, 'none')

async function createTopics(...topics: string[]): Promise<void> {
  const admin = openKafka().admin()
  await admin.connect()
  await admin.createTopics({
    waitForLeaders: true,
    topics: topics.map(topic => ({ topic: topicOf(topic), numPartitions: 2, replicationFactor: 1 })),
  })
  await admin.disconnect()
}

/** The next records of a topic, as many as asked for, as `key value`, sorted: partitions have no order among them. */
async function readBack(name: string, count: number): Promise<string[]> {
  const topic = topicOf(name)
  const consumer = openConsumer(openKafka(), { groupId: `read-back-${topic}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const read: string[] = []
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message: { key, value } }: { message: { key: Buffer | null; value: Buffer | null } }) => {
      if (read.push(`${key} ${value}`) === count) resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.disconnect()
  return read.toSorted()
}

async function publish(topic: string, name: string, content: string | Uint8Array, ...flags: string[]) {
  const file = join(folder, name)
  writeFileSync(file, content)
  const cluster = flags.includes('--brokers') ? [] : ['--brokers', broker.brokers]
  return runCommand('publish', '--topic', topicOf(topic), '--file', file, ...cluster, ...flags)
}

describe('millrace publish', () => {
  it('publishes a CSV file with its keys', async () => {
    await createTopics('csv')
    const { exitCode, stdout, stderr } = await publish('csv', 'a.csv', 'id,miles\nF1,2176\nF2,\n', '--key', 'id')
    assert.deepEqual([exitCode, stderr], [0, ''])
    assert.match(stdout, /csv: 2 records acknowledged \(acks all\), 0 failed; 0\.0 MB in \d+\.\d s, \d+ records\/s\n$/)
    assert.deepEqual(await readBack('csv', 2), ['F1 {"id":"F1","miles":2176}', 'F2 {"id":"F2","miles":null}'])
  })
  it('publishes an NDJSON file as it stands, without keys', async () => {
    await createTopics('ndjson')
    assert.equal((await publish('ndjson', 'a.ndjson', '{"a": 1.0}\n[2]\n')).exitCode, 0)
    assert.deepEqual(await readBack('ndjson', 2), ['null [2]', 'null {"a": 1.0}'])
  })
  it('publishes a Parquet file', async () => {
    await createTopics('parquet')
    const file = new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'n', data: [7n, 8n], type: 'INT64' }] }))
    assert.equal((await publish('parquet', 'a.parquet', file)).exitCode, 0)
    assert.deepEqual(await readBack('parquet', 2), ['null {"n":7}', 'null {"n":8}'])
  })
  for (const acks of ['all', '1', '0']) {
    it(`has every record in the topic after a run with acks ${acks} that nothing disturbs`, async () => {
      const rows = Array.from({ length: 20_000 }, (_, at) => `{"at":${at}}`)
      await createTopics(`acks-${acks}`)
      const { stdout } = await publish(`acks-${acks}`, 'many.ndjson', rows.join('\n'), '--acks', acks, '--json')
      const { published, failed, bytes, error } = JSON.parse(stdout)
      assert.deepEqual([published, failed, bytes, error], [20_000, 0, rows.join('').length, null])
      assert.deepEqual(await readBack(`acks-${acks}`, 20_000), rows.map(row => `null ${row}`).toSorted())
    })
  }
  it('publishes the rows ahead of a broken line, names the line and exits with 1', async () => {
    await createTopics('broken')
    const { exitCode, stdout, stderr } = await publish('broken', 'b.ndjson', '{"a":1}\n{"a":\n', '--json')
    assert.equal(exitCode, 1)
    assert.deepEqual([JSON.parse(stdout).published, JSON.parse(stdout).error.code], [1, 'FILE_INVALID'])
    assert.match(stderr, /^error: .*b\.ndjson line 2 is not JSON in UTF-8: .*\n$/)
  })
  it('says which row is larger than the broker takes, and exits with 1', async () => {
    await createTopics('large')
    const { exitCode, stdout, stderr } = await publish('large', 'large.ndjson', `1\n"${'x'.repeat(1_100_000)}"\n3\n`)
    assert.equal(exitCode, 1)
    assert.match(stdout, /large: 1 record acknowledged \(acks all\), 1 failed/)
    assert.match(stderr, /^error: 1 record from line 2 on not acknowledged: .*larger than the max message size.*\n$/)
  })
  it('rejects a topic that is not there with exit code 2', async () => {
    const { exitCode, stdout, stderr } = await publish('nowhere', 'a.csv', 'a\n1\n')
    assert.equal(exitCode, 2)
    assert.match(stdout, /: 0 records acknowledged \(acks all\), 0 failed, 1 not sent;/)
    assert.match(stderr, /^error: --topic must be a topic of .*, '.*nowhere' is not: .*; create it first\n$/)
  })
  it('rejects brokers that do not answer with exit code 1', async () => {
    const { exitCode, stderr } = await publish('t', 'a.csv', 'a\n1\n', '--brokers', '127.0.0.1:1')
    assert.equal(exitCode, 1)
    assert.match(stderr, /^error: no Kafka broker answers at 127\.0\.0\.1:1 with authentication 'none': .*ECONNREFUSED.*\n$/)
  })
})

describe('replay', () => {
  it('fills both topics, and readLag counts all of it for a group that is not there yet, then what is left', async () => {
    await createTopics('events', 'labels')
    const send = kafkaSender(async () => openKafka())
    const counts = await replay({ send, pipeline: { name: runName }, rowCount: 5_000, corruptRatio: 0.01, lag: async () => 0 })
    await send.close()

    const admin = openKafka().admin()
    await admin.connect()
    const groups = ['events', 'labels'].map(suffix => ({ group: `read-back-${topicOf('labels')}`, topic: topicOf(suffix) }))
    const lags = async () => (await readLag(admin, groups)).map(({ lag }) => lag)
    assert.deepEqual(await lags(), [counts.eventsPublished, 5_000])
    await readBack('labels', 5_000)
    assert.deepEqual(await lags(), [counts.eventsPublished, 0])
    await admin.disconnect()
  })
})

describe('millrace publish when the broker dies under it', { timeout: 150_000 }, () => {
  it('tells of every row whether it was acknowledged, and exits with 1', async t => {
    if (broker.kind === 'given') return t.skip('a broker that was given is not ours to kill')
    const rowCount = 40_000
    await createTopics('killed')
    const rows = Array.from({ length: rowCount }, (_, at) => `{"at":${at}}`).join('\n')
    const publishing = publish('killed', 'killed.ndjson', rows, '--rate', '4000', '--json')
    const admin = openKafka().admin()
    await admin.connect()
    const written = async () => (await admin.fetchTopicOffsets(topicOf('killed'))).reduce((sum, { high }) => sum + Number(high), 0)
    while ((await written()) === 0) await sleep(100)
    await admin.disconnect()
    await broker.stop() // the last test of this file: there is no broker after it
    const { exitCode, stdout, stderr } = await publishing
    const { published, failed, notSent, error } = JSON.parse(stdout)
    assert.equal(exitCode, 1)
    assert.ok(published > 0 && failed > 0 && notSent > 0, stdout)
    assert.equal(published + failed + notSent, rowCount)
    assert.equal(error.code, 'SEND_FAILED')
    assert.match(stderr, /^error: \d+ records from line \d+ on not acknowledged: .*\n$/)
  })
})
