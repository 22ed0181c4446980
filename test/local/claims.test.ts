import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import kafkajs, { type Kafka } from 'kafkajs'
import { kafkaSender } from '#functions/adapters/kafka-sender.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { readClaim, withClaims } from '#functions/claims.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import { rejectionClaims, toRedriven, toRejected } from '#functions/rejected.ts'
import { readTopic, toStepRecord } from '../../cli/read-topic.ts'
import { openLedger } from '../../cli/redrive-ledger.ts'
import { type Broker, startBroker } from '../../localstack/broker.ts'
import { makeRecord } from '../checks/step-checks.ts'

const topics = ['large.events', 'large.rejected', 'compressed.gzip', 'compressed.zstd']
let broker: Broker
let kafka: Kafka

before(async () => {
  broker = await startBroker()
  kafka = new kafkajs.Kafka({ brokers: broker.brokers.split(','), logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: topics.map(topic => ({ topic, numPartitions: 1 })) })
  await admin.disconnect()
})

after(() => broker.stop())

async function readAll(topic: string): Promise<KafkaRecord[]> {
  const records: KafkaRecord[] = []
  for await (const batch of readTopic({ kafka, topic })) records.push(...batch.map(toStepRecord))
  return records
}

describe('compressed batches', () => {
  for (const compression of ['gzip', 'zstd'] as const) {
    it(`of ${compression} are taken by a real broker and read back`, async () => {
      const topic = `compressed.${compression}`
      const send = kafkaSender(async () => kafka, { compression })
      const values = Array.from({ length: 1_000 }, (_, at) => `value ${at}`)
      await send(values.map(value => ({ topic, key: 'k', value, headers: [['trace', value]] })))
      await send([{ topic, key: 'k', value: Buffer.alloc(4_300_000, 'x') }])
      await send.close()
      const back = await readAll(topic)
      assert.deepEqual(
        back.slice(0, -1).map(({ value }) => String(value)),
        values,
      )
      assert.equal(back.at(-1)?.value?.byteLength, 4_300_000)
    })
  }
})

describe('rejections that are too large for a topic of the usual 1 MiB', () => {
  it('go through a real broker as claims, and back to their topic byte for byte', async () => {
    const events = [
      makeRecord(null, { key: Buffer.from('big'), value: Buffer.alloc(4_300_000, 'x'), headers: [['trace', Buffer.from('1')]] }),
      makeRecord(null, { key: Buffer.alloc(1_200_000, 'k'), value: Buffer.from('not json') }),
      makeRecord(null, { key: Buffer.alloc(0), value: Buffer.alloc(0), headers: [['millrace-claim', Buffer.from('theirs')]] }),
      makeRecord(null, { key: null, headers: [['h', Buffer.alloc(1_100_000, 'h')]] }),
    ].map((record, offset) => ({ ...record, topic: 'large.events', offset }))
    const store = memoryStore()
    const sender = kafkaSender(async () => kafka)
    const send = withClaims(sender, { store, ...rejectionClaims('large') })
    await send(events.map(record => toRejected('large.rejected', record, { step: 'preprocess', code: 'VALUE_NOT_JSON', reason: 'why' })))
    await sender.close()

    const ledger = await openLedger(kafka, 'large.rejected', { isReadOnly: false })
    for (const rejection of await readAll('large.rejected')) {
      const whole = await readClaim(rejection, store)
      assert.ok(whole.ok)
      const place = `0/${rejection.offset}/0`
      await ledger.putBack([{ outgoing: toRedriven(whole.value, 'large.events', place, () => false), partition: 0, place }])
    }
    await ledger.close()

    const back = await readAll('large.events')
    const parts = ({ key, value, headers }: KafkaRecord) => [key, value, headers.filter(([name]) => !/-(redriven|attempts)$/.test(name))]
    assert.deepEqual(back.map(parts), events.map(parts))
    assert.equal((await store.list('claims/large.rejected/')).length, 3)
  })
})
