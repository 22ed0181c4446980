import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
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
  it('tells an empty key from none', () => {
    const keys = toRecords(
      makeEvent({
        'flights.events-0': [
          { ...place, offset: 1, key: '' },
          { ...place, offset: 2, key: null },
          { ...place, offset: 3 },
        ],
      }),
    ).map(({ key }) => key)
    assert.deepEqual(keys, [Buffer.alloc(0), null, null])
  })
  it('reads a header without a value as empty, and a list without headers as none', () => {
    const lists = [[{ trace: null }, { a: [1] }], [], null, undefined, [null, {}]]
    const records = toRecords(makeEvent({ 'flights.events-0': lists.map((headers, offset) => ({ ...place, offset, headers })) }))
    const wanted = [
      [
        ['trace', Buffer.alloc(0)],
        ['a', Buffer.from([1])],
      ],
      [],
      [],
      [],
      [],
    ]
    assert.deepEqual(
      records.map(({ headers }) => headers),
      wanted,
    )
  })
  it('takes the time of the batch for a record without a time of 1970 to 2100', () => {
    const times = [undefined, null, -1, Number.NaN, 1.5, 8.64e15 + 1, 2 ** 63, '5', 0, 5, 4_102_444_800_000]
    const records = toRecords(makeEvent({ 'flights.events-0': times.map((timestamp, offset) => ({ ...place, offset, timestamp })) }), 77)
    assert.deepEqual(
      records.map(({ recordedAtMs }) => recordedAtMs),
      [77, 77, 77, 77, 77, 77, 77, 77, 0, 5, 4_102_444_800_000],
    )
  })
  it('gives every record that Lambda may give, byte for byte', () => {
    const text = fc.uint8Array({ maxLength: 9 }).map(bytes => Buffer.from(bytes).toString('base64'))
    const textOrNone = fc.oneof(text, fc.constant(null), fc.constant(undefined))
    const name = fc.oneof(fc.constantFrom('constructor', '__proto__', 'toString', ''), fc.string())
    const signedBytes = fc.array(fc.integer({ min: -128, max: 255 }), { maxLength: 5 })
    const header = fc
      .tuple(name, fc.oneof(signedBytes, fc.constant(null)))
      .map(([key, bytes]) => JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(bytes)}}`))
    const headers = fc.oneof(fc.array(header, { maxLength: 4 }), fc.constant(null), fc.constant(undefined))
    const timestamp = fc.oneof(fc.maxSafeInteger(), fc.double(), fc.constant(null), fc.constant(undefined))
    const given = fc.record({ key: textOrNone, value: textOrNone, headers, timestamp })
    fc.assert(
      fc.property(fc.array(given, { minLength: 1, maxLength: 5 }), all => {
        const json = JSON.stringify(makeEvent({ 'flights.events-0': all.map((record, offset) => ({ ...place, ...record, offset })) }))
        toRecords(JSON.parse(json)).forEach((record, at) => {
          assert.deepEqual(
            [record.key?.toString('base64'), record.value?.toString('base64')],
            [all[at].key ?? undefined, all[at].value ?? undefined],
          )
          const pairs = (all[at].headers ?? []).flatMap(one => Object.entries<number[] | null>(one))
          assert.deepEqual(
            record.headers,
            pairs.map(([key, bytes]) => [key, Buffer.from(bytes ?? [])]),
          )
          assert.ok(new Date(record.recordedAtMs).toISOString().length === 24)
        })
      }),
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
    ['a partition of nothing', makeEvent({ 'a-0': [null] }), /^a record must have topic/],
    ['headers that are no list', makeEvent({ 'a-0': [{ ...place, offset: 1, headers: {} }] }), /^headers must be an array, got object/],
    [
      'a header that is no bytes',
      makeEvent({ 'a-0': [{ ...place, offset: 1, headers: [{ h: 'x' }] }] }),
      /^header 'h' must be an array of bytes/,
    ],
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
