import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { envelopeBytes, makeRecordWriter, sliceBytes, toPayload } from '../../../localstack/event-source/msk-event.ts'

const envelope = { clusterArn: 'arn:aws:kafka:eu-central-1:000000000000:cluster/millrace/1', brokers: '127.0.0.1:9092,127.0.0.1:9093' }
const writeOrder = makeRecordWriter('my-orders', 3)
const plain = { offset: '100', timestamp: '1545084650987', key: Buffer.from('k'), value: Buffer.from('{"a":1}'), headers: [] }

const toEvent = (...records: Parameters<typeof writeOrder>[0][]) =>
  JSON.parse(String(toPayload(envelope, [{ key: 'my-orders-3', records: records.map(record => writeOrder(record, 0)) }])))

describe('the MSK event', () => {
  it('has the fields of https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html', () => {
    assert.deepEqual(toEvent(plain), {
      eventSource: 'aws:kafka',
      eventSourceArn: envelope.clusterArn,
      bootstrapServers: envelope.brokers,
      records: {
        'my-orders-3': [
          {
            topic: 'my-orders',
            partition: 3,
            offset: 100,
            timestamp: 1545084650987,
            timestampType: 'CREATE_TIME',
            key: 'aw==',
            value: 'eyJhIjoxfQ==',
            headers: [],
          },
        ],
      },
    })
  })
  it('leaves out a key and a value that are null', () => {
    const [record] = toEvent({ ...plain, key: null, value: null }).records['my-orders-3']
    assert.deepEqual(Object.keys(record), ['topic', 'partition', 'offset', 'timestamp', 'timestampType', 'headers'])
  })
  it('keeps an empty value apart from a tombstone, and an empty key apart from none', () => {
    const [record] = toEvent({ ...plain, key: Buffer.alloc(0), value: Buffer.alloc(0) }).records['my-orders-3']
    assert.deepEqual([record.key, record.value], ['', ''])
  })
  it('gives headers as one object each, in their order, with signed bytes', () => {
    const headers = [
      ['twice', Buffer.from('a')],
      ['grüße "1"', Buffer.from([0, 127, 128, 255])],
      ['twice', Buffer.from('b')],
      ['none', Buffer.alloc(0)],
    ] as const
    const [record] = toEvent({ ...plain, headers }).records['my-orders-3']
    assert.deepEqual(record.headers, [{ twice: [97] }, { 'grüße "1"': [0, 127, -128, -1] }, { twice: [98] }, { none: [] }])
  })
  it('gives a header that is null as null, apart from an empty one', () => {
    const [record] = toEvent({ ...plain, headers: [['trace', null]] }).records['my-orders-3']
    assert.deepEqual(record.headers, [{ trace: null }])
  })
  it('gives a header its own name, whatever objects call their members', () => {
    const names = ['constructor', '__proto__', 'toString', 'hasOwnProperty']
    const [record] = toEvent({ ...plain, headers: names.map(name => [name, Buffer.from('x')] as const) }).records['my-orders-3']
    assert.deepEqual(
      record.headers.map((header: object) => Object.entries(header)),
      names.map(name => [[name, [120]]]),
    )
  })
  it('passes on a time that is missing, and counts the age of such a record from its arrival', () => {
    assert.equal(toEvent({ ...plain, timestamp: '-1' }).records['my-orders-3'][0].timestamp, -1)
    assert.equal(writeOrder({ ...plain, timestamp: '-1' }, 1_700_000_000_000).recordedAtMs, 1_700_000_000_000)
  })
  it('names the time of the log as such', () => {
    assert.equal(toEvent({ ...plain, batchContext: { timestampType: 1 } }).records['my-orders-3'][0].timestampType, 'LOG_APPEND_TIME')
  })
  it('carries any bytes, in any number of partitions, in exactly the size that was reckoned', () => {
    const bytes = fc.option(fc.uint8Array({ maxLength: 40 }).map(array => Buffer.from(array)))
    const record = fc.record({
      key: bytes,
      value: bytes,
      headers: fc.array(fc.tuple(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor')), bytes)),
    })
    const partition = fc.array(record, { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(partition, { minLength: 1, maxLength: 4 }), partitions => {
        const slices = partitions.map((records, partition) => ({
          key: `t-${partition}`,
          records: records.map((one, row) => makeRecordWriter('t', partition)({ ...one, offset: String(row), timestamp: '1' }, 0)),
        }))
        const payload = toPayload(envelope, slices)
        const sizes = slices.map(({ key, records }) => records.reduce((sum, one) => sum + one.bytes, sliceBytes(key)))
        assert.equal(payload.length, sizes.reduce((sum, size) => sum + size, envelopeBytes(envelope)) - slices.length - 1)
        const event = JSON.parse(payload.toString('utf8'))
        const pairsOf = (headers: readonly object[]) => headers.flatMap(header => Object.entries(header))
        partitions.forEach((records, partition) => {
          const got = event.records[`t-${partition}`] as { key?: string; value?: string; headers: Record<string, number[]>[] }[]
          assert.deepEqual(
            got.map(one => [one.key, one.value, pairsOf(one.headers)]),
            records.map(one => [
              one.key?.toString('base64'),
              one.value?.toString('base64'),
              one.headers.map(([name, value]) => [name, value === null ? null : [...new Int8Array(value)]]),
            ]),
          )
        })
      }),
    )
  })
})
