import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toRecords } from '#functions/adapters/kafka-event.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { readClaim, withClaims } from '#functions/claims.ts'
import { makeDeliver } from '#functions/deliver/deliver.ts'
import { makeInfer } from '#functions/infer/infer.ts'
import { makeJoin } from '#functions/join/join.ts'
import type { KafkaRecord, OutgoingRecord, PredictionRow } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import { parseRejected, rejectionClaims } from '#functions/rejected.ts'
import { definePipeline } from '#models/define.ts'
import { text, timeMs } from '#models/fields.ts'
import { makeRecord } from '../checks/step-checks.ts'
import { toConsumed } from '../memory-topic.ts'
import { memoryWaiting } from '../memory-waiting.ts'

/** What a topic takes in one batch, by Kafka's default, and DynamoDB in one item. */
const topicBytesAtMost = 1_048_588
const itemBytesAtMost = 409_600

const notes = Object.fromEntries(
  Array.from({ length: 499 }, (_, at) => [
    `part${at}`,
    { category: (event: { note: string }) => event.note.slice(at * 1_024, (at + 1) * 1_024) },
  ]),
)
const pipeline = definePipeline({
  name: 'notes',
  event: { id: text({ max: 1_024 }), atMs: timeMs(), note: text({ max: 5_000_000 }) },
  id: 'id',
  time: 'atMs',
  features: { note: { category: event => event.note }, ...notes },
  label: { fields: { id: text(), atMs: timeMs() }, id: 'id', time: 'atMs', isPositive: () => true, arrivesWithinMs: 1_000 },
  retrain: { everyMs: 3_600_000, windowMs: 3_600_000 },
  decide: { positiveAtLeast: 0.5 },
})

const event = { id: 'n1', atMs: 1_700_000_000_000, note: 'short' }
const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const hour = { recordedAtMs: event.atMs, topic: 'notes.events' }

/** Runs an event through preprocess, infer and deliver, and its label through join, over topics and a table that refuse what Kafka and DynamoDB refuse. */
async function run(record: Partial<KafkaRecord>) {
  const store = memoryStore()
  const topics = new Map<string, KafkaRecord[]>()
  const rows: PredictionRow[] = []
  const toTopics = async (records: readonly OutgoingRecord[]) => {
    for (const outgoing of records) {
      const { key, value, headers = [] } = outgoing
      const bytes = [key, value, ...headers.flat()].reduce<number>((sum, content) => sum + Buffer.byteLength(content ?? ''), 0)
      assert.ok(bytes + 200 < topicBytesAtMost, `${outgoing.topic} does not take a record of ${bytes} bytes`)
      const topic = topics.get(outgoing.topic) ?? []
      topics.set(outgoing.topic, [...topic, toConsumed(outgoing, { offset: topic.length })])
    }
  }
  const send = withClaims(toTopics, { store, ...rejectionClaims('notes') })
  const read = (topic: string) => topics.get(topic) ?? []
  const table = {
    write: async (given: readonly PredictionRow[]) => {
      for (const row of given) assert.ok(Buffer.byteLength(JSON.stringify(row)) < itemBytesAtMost, 'an item is too large')
      rows.push(...given)
      return new Set<string>()
    },
    read: async (ids: readonly string[]) => new Map(rows.filter(({ id }) => ids.includes(id)).map(row => [row.id, row.record])),
    peek: async (ids: readonly string[]) => table.read(ids),
  }
  const label = makeRecord({ id: event.id, atMs: event.atMs }, { topic: 'notes.labels' })

  await makePreprocess({ pipeline, send })([makeRecord(event, { ...hour, ...record })])
  await makeInfer({ pipeline, models: async () => ({}), send, nowMs: () => 1 })(read('notes.features'))
  const waiting = memoryWaiting()
  await makeDeliver({ pipeline, table, waiting, notify: async () => ({ refusedCount: 0 }), send, nowMs: () => 1 })(
    read('notes.predictions'),
  )
  await makeJoin({ pipeline, table, waiting, send, nowMs: () => 1 })([label])
  return { store, rows, predictions: read('notes.predictions'), feedback: read('notes.feedback'), rejected: read('notes.rejected') }
}

const large = (letter: string, bytes: number) => Buffer.alloc(bytes, letter)

describe('an event of hostile size ends as one rejection', () => {
  const rejections: readonly [what: string, record: Partial<KafkaRecord>, code: string][] = [
    ['a value of 4.6 MB that is no JSON', { value: large('x', 4_600_000) }, 'VALUE_NOT_JSON'],
    ['a value of 4.3 MB that is JSON and no event', { value: json({ note: 'x'.repeat(4_300_000) }) }, 'EVENT_INVALID'],
    ['a key of 1.2 MB on no JSON', { key: large('k', 1_200_000), value: large('{', 1) }, 'VALUE_NOT_JSON'],
    ['a tombstone with a header of 1.2 MB', { value: null, headers: [['constructor', large('h', 1_200_000)]] }, 'VALUE_MISSING'],
    ['50,000 headers', { value: null, headers: Array.from({ length: 50_000 }, (_, at) => [`h${at}`, large('h', 1)]) }, 'VALUE_MISSING'],
    ['a feature of a megabyte of text', { value: json({ ...event, note: 'x'.repeat(1_000_000) }) }, 'FEATURES_FAILED'],
    ['499 features of 1,024 bytes', { value: json({ ...event, note: 'x'.repeat(512_000) }) }, 'FEATURES_FAILED'],
    ['letters that JSON writes in six bytes', { value: json({ ...event, note: '\u0001'.repeat(50_000) }) }, 'FEATURES_FAILED'],
  ]
  for (const [what, record, code] of rejections) {
    it(what, async () => {
      const { store, predictions, rejected } = await run(record)
      const own = rejected.filter(one => parseRejected(one)?.source.topic === 'notes.events')
      assert.deepEqual([predictions.length, own.length], [0, 1])
      assert.equal(parseRejected(own[0])?.code, code)
      const whole = await readClaim(own[0], store)
      const { key, value, headers } = makeRecord(event, { ...hour, ...record })
      assert.ok(whole.ok)
      assert.deepEqual([whole.value.key, whole.value.value, whole.value.headers.slice(0, headers.length)], [key, value, headers])
    })
  }
})

describe('an event of hostile size ends as one prediction', () => {
  const predictions: readonly [what: string, record: Partial<KafkaRecord>][] = [
    ['a key of 1.2 MB', { key: large('k', 1_200_000) }],
    ['a header of 1.2 MB', { headers: [['h', large('h', 1_200_000)]] }],
    ['an unknown field of 4 MB', { value: json({ ...event, other: 'x'.repeat(4_000_000) }) }],
    ['as much text as features may have', { value: json({ ...event, note: 'x'.repeat(120_000) }) }],
  ]
  for (const [what, record] of predictions) {
    it(`${what}, with its row in the table and its label joined`, async () => {
      const { rows, feedback, rejected, ...sent } = await run(record)
      assert.deepEqual([sent.predictions.length, rows.length, feedback.length, rejected.length], [1, 1, 1, 0])
    })
  }
})

describe('two events of one long key', () => {
  it('go to one partition, by the hash of the key', async () => {
    const [a, b] = [await run({ key: large('k', 1_200_000) }), await run({ key: large('k', 1_200_000), offset: 1 })]
    assert.deepEqual(a.predictions[0].key, b.predictions[0].key)
    assert.match(String(a.predictions[0].key), /^sha256:/)
  })
})

describe('the event of CASES.md with a header that is null', () => {
  it('is an event of Lambda like any other', () => {
    const records = {
      'flights.events-0': [{ topic: 'flights.events', partition: 0, offset: 0, timestamp: 5, value: 'e30=', headers: [{ trace: null }] }],
    }
    assert.deepEqual(toRecords({ eventSource: 'aws:kafka', records })[0].headers, [['trace', Buffer.alloc(0)]])
  })
})
