import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Header } from '#functions/adapters/kafka-batches.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import type { Span, TopicRecord } from '../../cli/read-topic.ts'
import { readFailures } from '../../cli/redrive-failures.ts'
import type { Candidate, Found } from '../../cli/redrive-records.ts'
import { type FailureCondition, toObjectRecord } from '../../localstack/event-source/failure-record.ts'
import { makeRecordWriter } from '../../localstack/event-source/msk-event.ts'

const record: TopicRecord = {
  topic: 'my-flights.labels-waiting',
  partition: 2,
  offset: 40,
  recordedAtMs: 1_700_000_000_123,
  key: Buffer.from([0xff, 0]),
  value: Buffer.from([0xfe, 1]),
  headers: [
    ['b', Buffer.from([0x80])],
    ['constructor', null],
    ['__proto__', Buffer.alloc(0)],
    ['b', Buffer.from('2')],
    ['millrace-first-seen-ms', Buffer.from('5')],
  ],
}

/** What the stand-in for Lambda writes to the bucket; the shape is that of AWS's page. */
function toObject(records: readonly TopicRecord[], condition: FailureCondition = 'RetryAttemptsExhausted') {
  const slices = [...Map.groupBy(records, ({ topic, partition }) => `${topic}-${partition}`)].map(([key, group]) => ({
    key,
    records: group.map(({ topic, partition, offset, recordedAtMs, ...content }) =>
      makeRecordWriter(topic, partition)({ offset: String(offset), timestamp: String(recordedAtMs), ...content }, 0),
    ),
  }))
  const context = {
    functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Millrace-join-x7',
    envelope: { clusterArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/c/1', brokers: 'b:9092' },
    nowMs: 1_700_000_060_000,
  }
  return toObjectRecord({ condition, slices, invokeCount: 3, lastAnswer: undefined }, context)
}

async function read(objects: readonly unknown[], topic: readonly TopicRecord[] = []) {
  const bucket = memoryStore()
  for (const [nth, object] of objects.entries()) await bucket.put(`aws/lambda/m/${nth}`, Buffer.from(JSON.stringify(object)))
  const fetched: [string, [number, Span][]][] = []
  const found: Found[] = []
  for await (const batch of readFailures({
    bucket,
    stepOf: name => (name === 'Millrace-join-x7' ? 'join' : name),
    async fetch(name, spans) {
      fetched.push([name, [...spans]])
      return topic.filter(one => one.topic === name && spans.has(one.partition) && isWithin(spans.get(one.partition)!, one.offset))
    },
  })) {
    found.push(...batch)
  }
  return { found, fetched }
}

const isWithin = ({ low, high }: Span, offset: number) => offset >= low && offset < high
const placesOf = (found: readonly Found[]) => found.map(one => (typeof one === 'string' ? one : one.place))
const withoutPayload = ({ payload: _, ...rest }: ReturnType<typeof toObject>) => rest

describe('readFailures', () => {
  it('gives a record as it was, byte for byte, headers of ours and null ones included, with nothing added', async () => {
    const { found } = await read([toObject([record])])
    const [{ outgoing, partition, place }] = found as Candidate[]
    assert.deepEqual(outgoing, { topic: record.topic, key: record.key, value: record.value, headers: record.headers })
    assert.deepEqual([partition, place], [2, 'my-flights.labels-waiting/2/40/1700000000123'])
  })
  it('keeps null apart from empty, in keys and values', async () => {
    const empty = { ...record, key: Buffer.alloc(0), value: Buffer.alloc(0) }
    const { found } = await read([toObject([empty, { ...record, offset: 41, key: null, value: null }])])
    assert.deepEqual(
      (found as Candidate[]).map(({ outgoing }) => [outgoing.key, outgoing.value]),
      [
        [Buffer.alloc(0), Buffer.alloc(0)],
        [null, null],
      ],
    )
  })
  it('says why, when and by which step it was given up', async () => {
    const [{ code, step, atMs, attempts }] = (await read([toObject([record], 'RecordAgeExceeded')])).found as Candidate[]
    assert.deepEqual({ code, step, atMs, attempts }, { code: 'RecordAgeExceeded', step: 'join', atMs: 1_700_000_060_000, attempts: 0 })
  })
  it('keeps the order in which they were given up, whatever the objects are called', async () => {
    const [later, earlier] = [50, 40].map(offset => toObject([{ ...record, offset }]))
    const { found } = await read([
      { ...later, timestamp: '2026-11-28T00:00:00.002Z' },
      { ...earlier, timestamp: '2026-11-28T00:00:00.001Z' },
    ])
    assert.deepEqual(
      placesOf(found).map(place => place.split('/')[2]),
      ['40', '50'],
    )
  })
  it('gives all records of a batch, of all its partitions, and of all objects', async () => {
    const others = [41, 43].map(offset => ({ ...record, offset, partition: 3 }))
    const { found, fetched } = await read([toObject([record, ...others]), toObject([{ ...record, offset: 50 }])])
    assert.deepEqual(
      placesOf(found).map(place => place.split('/').slice(1, 3).join('/')),
      ['2/40', '3/41', '3/43', '2/50'],
    )
    assert.deepEqual(fetched, [])
  })
  it('fetches from the topic what an object holds no content of', async () => {
    const batch = [record, { ...record, offset: 42 }]
    const { found, fetched } = await read(
      [withoutPayload(toObject(batch, 'MaximumPayloadSizeExceeded'))],
      [...batch, { ...record, offset: 43 }],
    )
    assert.deepEqual(fetched, [['my-flights.labels-waiting', [[2, { low: 40, high: 43 }]]]])
    assert.deepEqual(placesOf(found), placesOf((await read([toObject(batch)])).found))
    assert.deepEqual((found[0] as Candidate).outgoing.headers, record.headers)
  })
  it('fetches where the content is cut off', async () => {
    const object = toObject([record])
    const { found } = await read([{ ...object, payload: object.payload.slice(0, -2) }], [record])
    assert.deepEqual(placesOf(found), ['my-flights.labels-waiting/2/40/1700000000123'])
  })
  it('takes headers that are null, as a whole or one by one, for none', async () => {
    for (const headers of [null, [null]]) {
      const object = toObject([record])
      const payload = JSON.stringify(JSON.parse(object.payload), (name, value) => (name === 'headers' ? headers : value))
      const [found] = (await read([{ ...object, payload }])).found as Candidate[]
      assert.deepEqual([found.outgoing.value, found.outgoing.headers], [record.value, []])
    }
  })
  it('says that an object which is cut holds what nobody can tell any more', async () => {
    const bucket = memoryStore()
    await bucket.put('aws/lambda/m/0', Buffer.from(JSON.stringify(toObject([record])).slice(0, -200)))
    const found: Found[] = []
    for await (const batch of readFailures({ bucket, fetch: async () => [], stepOf: name => name })) found.push(...batch)
    assert.deepEqual(found, ['gone'])
  })
  it('counts what the topic has no more', async () => {
    const batch = [record, { ...record, offset: 42 }]
    assert.deepEqual(placesOf((await read([withoutPayload(toObject(batch))], batch.slice(1))).found), [
      'my-flights.labels-waiting/2/42/1700000000123',
      'gone',
    ])
    assert.deepEqual((await read([withoutPayload(toObject(batch))])).found, ['gone', 'gone'])
  })
  it('takes no record of a topic that was made anew', async () => {
    const { found } = await read([withoutPayload(toObject([record]))], [{ ...record, recordedAtMs: 1_800_000_000_000 }])
    assert.deepEqual(found, ['gone'])
  })
  it('takes none where the topic has more in the place of the batch than the batch had', async () => {
    const batch = [record, { ...record, offset: 42 }]
    const { found } = await read([withoutPayload(toObject(batch))], [...batch, { ...record, offset: 41 }])
    assert.deepEqual(found, ['unknown'])
  })
  it('counts an object that Lambda did not write', async () => {
    assert.deepEqual((await read(['hello', { requestContext: {} }])).found, ['unknown', 'unknown'])
  })
  it('reads headers by any name', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''] as const
    const headers = names.map((name): Header => [name, Buffer.from(name)])
    const { found } = await read([toObject([{ ...record, headers }])])
    assert.deepEqual((found[0] as Candidate).outgoing.headers, headers)
  })
})
