import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toBatchResponse, toRecords } from '#functions/adapters/kafka-event.ts'
import { kafkaHandler } from '#functions/adapters/kafka-handler.ts'
import type { KafkaRecord } from '#functions/ports.ts'

const place = { topic: 'flights.events', partition: 0, timestamp: 5, timestampType: 'CREATE_TIME' }
const base64 = (text: string) => Buffer.from(text).toString('base64')
const makeEvent = (records: unknown) => ({ eventSource: 'aws:kafka', eventSourceArn: 'arn', bootstrapServers: 'b:9098', records })

describe('toRecords', () => {
  it('decodes key, value and headers, whose bytes may be signed', () => {
    const [record] = toRecords(
      makeEvent({ 'flights.events-0': [{ ...place, offset: 7, key: base64('k'), value: base64('v'), headers: [{ h: [-61, -87, 65] }] }] }),
    )
    const wanted: KafkaRecord = {
      topic: 'flights.events',
      partition: 0,
      offset: 7,
      recordedAtMs: 5,
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      headers: [['h', Buffer.from('éA')]],
    }
    assert.deepEqual(record, wanted)
  })
  it('knows a tombstone by a null value and by an absent one, and tells it from an empty value', () => {
    const values = toRecords(
      makeEvent({
        'flights.events-0': [
          { ...place, offset: 1, value: null },
          { ...place, offset: 2 },
          { ...place, offset: 3, value: '' },
        ],
      }),
    )
    assert.deepEqual(
      values.map(record => record.value),
      [null, null, Buffer.alloc(0)],
    )
  })
  it('keeps the order of each partition', () => {
    const records = toRecords(
      makeEvent({
        'a-b-0': [
          { ...place, offset: 1 },
          { ...place, offset: 3 },
        ],
        'a-b-1': [{ ...place, partition: 1, offset: 2 }],
      }),
    )
    assert.deepEqual(
      records.map(({ partition, offset }) => [partition, offset]),
      [
        [0, 1],
        [0, 3],
        [1, 2],
      ],
    )
  })

  const strangers: readonly [what: string, event: unknown, message: RegExp][] = [
    ['an SQS event', { Records: [{ eventSource: 'aws:sqs' }] }, /^eventSource must be aws:kafka or SelfManagedKafka, got undefined/],
    ['nothing', undefined, /^eventSource must be/],
    ['a Kafka event without records', { eventSource: 'aws:kafka' }, /^records must be an object of partitions, got undefined/],
    ['records that are no partitions', makeEvent({ 'a-0': 'x' }), /^a partition must be an array of records, got string/],
    ['a record without its place', makeEvent({ 'a-0': [{ value: '' }] }), /^a record must have topic, partition and offset/],
  ]
  for (const [what, event, message] of strangers) {
    it(`rejects ${what}`, async () => {
      assert.throws(() => toRecords(event), { code: 'EVENT_INVALID', message })
      await assert.rejects(kafkaHandler({ step: 'test', pipeline: 'flights' }, () => async () => ({ counts: {} }))(event), { message })
    })
  }
})

describe('toBatchResponse', () => {
  it("lists failed records with Kafka's object identifier", () => {
    const record = { topic: 'a-b', partition: 3, offset: 100 } as KafkaRecord
    assert.deepEqual(toBatchResponse([record]), { batchItemFailures: [{ itemIdentifier: { partition: 'a-b-3', offset: 100 } }] })
  })
})
