import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { withClaims } from '#functions/claims.ts'
import type { KafkaRecord, ObjectStore, OutgoingRecord } from '#functions/ports.ts'
import type { RejectionCode } from '#functions/records.ts'
import { rejectionClaims, toRejected } from '#functions/rejected.ts'
import { type RedrivenRecord, type RedriveOptions, redriveRecords } from '../../cli/redrive-records.ts'
import { readRejected } from '../../cli/redrive-rejected.ts'

const original: KafkaRecord = {
  topic: 'flights.events',
  partition: 3,
  offset: 70,
  recordedAtMs: 0,
  key: Buffer.from([0xff, 0]),
  value: Buffer.from([0xfe, 1]),
  headers: [
    ['trace', Buffer.from([1])],
    ['trace', Buffer.from([2, 0xff])],
  ],
}

/** The first 16 hex digits of SHA-256 over the JSON of key, value and headers of `original`, bytes in base64. */
const contentHash = '4f4ba28b314234e8'
const toPlace = (offset: number) => `preprocess/flights.events/3/${offset}/${contentHash}`

interface Rejection {
  readonly record?: Partial<KafkaRecord>
  readonly code?: RejectionCode
  readonly step?: string
}

/** Rejections as they stand in the topic, at offsets from 0 on, one a second. */
const toTopic = (...rejections: Rejection[]) =>
  rejections.map(({ record, code = 'EVENT_INVALID', step = 'preprocess' }, offset) =>
    asKafkaRecord(toRejected('flights.rejected', { ...original, offset: 70 + offset, ...record }, { step, code, reason: 'why' }), offset),
  )

function asKafkaRecord({ topic, key, value, headers = [] }: RedrivenRecord['outgoing'], offset: number): KafkaRecord {
  const toBuffer = (content: Buffer | string | null) => (content === null ? null : Buffer.from(content))
  const all = headers.map(([name, content]) => [name, Buffer.from(content ?? '')] as const)
  return { topic, partition: 0, offset, recordedAtMs: offset * 1_000, key: toBuffer(key), value: toBuffer(value), headers: all }
}

/** A ledger in memory; sends whose number is listed fail. */
function memoryLedger({ failing = [], error = new Error('no broker') }: { failing?: readonly number[]; error?: Error } = {}) {
  const chunks: (readonly RedrivenRecord[])[] = []
  const done = new Set<string>()
  let sends = 0
  return {
    chunks,
    has: (place: string) => done.has(place),
    async putBack(records: readonly RedrivenRecord[]) {
      if (failing.includes(++sends)) throw error
      chunks.push([...records])
      for (const { place } of records) done.add(place)
    },
  }
}

async function redrive(
  records: readonly KafkaRecord[],
  ledger = memoryLedger(),
  options: Partial<RedriveOptions & { claims: ObjectStore }> = {},
) {
  async function* batches() {
    for (let from = 0; from < records.length; from += 3) yield records.slice(from, from + 3)
  }
  const parts = { claims: options.claims ?? memoryStore(), isRedriven: ledger.has }
  const defaults = { filter: {}, attemptsAtMost: 3, isDryRun: false, isTopic: () => true }
  const report = await redriveRecords({ batches: readRejected(batches(), parts), ledger, ...defaults, ...options })
  return { report, sent: ledger.chunks.flat().map(({ outgoing }) => outgoing) }
}

type Sent = RedrivenRecord['outgoing']
const headersOf = ({ headers = [] }: Sent) => headers.map(([name, content]) => `${name} ${Buffer.from(content ?? '').toString('hex')}`)
const textOf = (record: Sent, name: string) => String(record.headers?.findLast(([one]) => one === name)?.[1])

describe('redriveRecords', () => {
  it('sends a record to the topic and partition it came from, key, value and headers byte for byte', async () => {
    const ledger = memoryLedger()
    const { sent } = await redrive(toTopic({}), ledger)
    assert.equal(ledger.chunks[0][0].partition, 3)
    assert.deepEqual([sent[0].topic, sent[0].key, sent[0].value], ['flights.events', original.key, original.value])
    assert.deepEqual(headersOf(sent[0]).slice(0, 2), ['trace 01', 'trace 02ff'])
  })
  it('adds of our headers only its place and the attempt', async () => {
    const { sent } = await redrive(toTopic({}))
    const ours = sent[0].headers?.filter(([name]) => name.startsWith('millrace-'))
    assert.deepEqual(ours, [
      ['millrace-redriven', toPlace(70)],
      ['millrace-attempts', '1'],
    ])
  })
  it('keeps a tombstone a tombstone, and a record without a key without one', async () => {
    const { sent } = await redrive(toTopic({ record: { key: null, value: null } }))
    assert.deepEqual([sent[0].key, sent[0].value], [null, null])
  })
  it('keeps the order of the rejections', async () => {
    const { sent } = await redrive(toTopic(...Array.from({ length: 10 }, () => ({}))))
    assert.deepEqual(
      sent.map(record => textOf(record, 'millrace-redriven')),
      Array.from({ length: 10 }, (_, at) => toPlace(70 + at)),
    )
  })
  it('puts back nothing that an earlier run has put back', async () => {
    const ledger = memoryLedger()
    const records = toTopic({}, { code: 'FILTERED' }, {})
    await redrive(records, ledger, { filter: { codes: ['FILTERED'] } })
    const { report } = await redrive(records, ledger)
    assert.deepEqual([report.redriven, report.before], [2, 1])
    assert.deepEqual(await redrive(records, ledger).then(({ report: again }) => [again.redriven, again.before]), [0, 3])
  })
  it('goes on behind a chunk that failed when it is run again', async () => {
    const records = toTopic(...Array.from({ length: 4_500 }, () => ({})))
    const ledger = memoryLedger({ failing: [2] })
    const { report: first } = await redrive(records, ledger)
    assert.deepEqual([first.redriven, first.error?.code], [2_000, 'SEND_FAILED'])
    assert.match(
      first.error?.message ?? '',
      /^2,000 records from preprocess\/flights.events\/3\/2070\/\w{16} on not put back: no broker; run it again$/,
    )
    const { report: second } = await redrive(records, ledger)
    assert.deepEqual([second.redriven, second.before, second.error], [2_500, 2_000, undefined])
    assert.equal(new Set(ledger.chunks.flat().map(({ place }) => place)).size, 4_500)
  })
  it('knows a topic that was made anew from the one before it', async () => {
    const ledger = memoryLedger()
    await redrive(toTopic({}), ledger)
    const { report } = await redrive(toTopic({ record: { value: Buffer.from([0xfe, 2]) } }), ledger)
    assert.equal(report.redriven, 1)
  })
  it('puts back once what a batch that came again rejected twice, in one run and in a later one', async () => {
    const [first, again] = toTopic({ record: { offset: 70 } }, { record: { offset: 70 } })
    const ledger = memoryLedger()
    const { report } = await redrive([first, again], ledger)
    assert.deepEqual([report.redriven, report.repeated], [1, 1])
    const { report: later } = await redrive([again], ledger)
    assert.deepEqual([later.redriven, later.before], [0, 1])
  })
  it('cuts a chunk in half for a topic that takes smaller batches', async () => {
    const { chunks, has, putBack } = memoryLedger()
    const takes = async (records: readonly RedrivenRecord[]) => {
      if (records.length > 3) throw Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' })
      await putBack(records)
    }
    const { report } = await redrive(toTopic({}, {}, {}, {}, {}, {}, {}), { chunks, has, putBack: takes })
    assert.deepEqual([report.redriven, report.tooLarge, chunks.map(({ length }) => length)], [7, 0, [3, 2, 2]])
  })
  it('goes on behind a rejection whose claim names no payload of ours', async () => {
    const sha256 = 'a'.repeat(2_000)
    const forged = Buffer.from(JSON.stringify({ key: `claims/flights.rejected/${sha256}.json`, bytes: 1, sha256 }))
    const [record, good] = toTopic({}, {})
    const claims = { ...memoryStore(), get: () => Promise.reject(new Error('KeyTooLongError')) }
    const { report } = await redrive([{ ...record, headers: [...record.headers, ['millrace-claim', forged]] }, good], memoryLedger(), {
      claims,
    })
    assert.deepEqual([report.redriven, report.gone], [1, 1])
  })
  it('leaves out what the filter does not mean, and counts by code and topic', async () => {
    const records = toTopic({}, { code: 'FILTERED' }, { step: 'join', code: 'LABEL_INVALID', record: { topic: 'flights.labels' } })
    const { report } = await redrive(records, memoryLedger(), { filter: { codes: ['EVENT_INVALID', 'LABEL_INVALID'] } })
    assert.deepEqual([report.redriven, report.passedOver], [2, 1])
    assert.deepEqual(
      [report.byCode, report.byTopic],
      [
        { EVENT_INVALID: 1, LABEL_INVALID: 1 },
        { 'flights.events': 1, 'flights.labels': 1 },
      ],
    )
    assert.equal((await redrive(records, memoryLedger(), { filter: { step: 'join' } })).report.redriven, 1)
  })
  it('takes rejections from a time on and before another', async () => {
    const { sent } = await redrive(toTopic({}, {}, {}, {}), memoryLedger(), { filter: { sinceMs: 1_000, untilMs: 3_000 } })
    assert.deepEqual(
      sent.map(record => textOf(record, 'millrace-redriven')),
      [71, 72].map(toPlace),
    )
  })
  it('counts the attempts of a record that is rejected again, and leaves it after the last', async () => {
    let [record] = toTopic({})
    const ledger = memoryLedger()
    for (const attempt of [1, 2, 3]) {
      const { sent } = await redrive([record], ledger)
      assert.deepEqual([sent.length, textOf(sent[attempt - 1], 'millrace-attempts')], [attempt, String(attempt)])
      const arrived = asKafkaRecord(sent[attempt - 1], 80 + attempt)
      record = asKafkaRecord(
        toRejected('flights.rejected', arrived, { step: 'preprocess', code: 'EVENT_INVALID', reason: 'again' }),
        attempt,
      )
    }
    const { report } = await redrive([record], ledger)
    assert.deepEqual([report.redriven, report.outOfAttempts], [0, 1])
  })
  it('gives back the headers that a producer named as we name ours, and believes none of them', async () => {
    const names = ['code', 'topic', 'offset', 'reason', 'attempts', 'redriven', 'first-seen-ms'].map(name => `millrace-${name}`)
    const theirs = names.map(name => [name, Buffer.from('99')] as const)
    const { sent, report } = await redrive(toTopic({ record: { headers: theirs } }))
    assert.deepEqual([report.redriven, report.byCode], [1, { EVENT_INVALID: 1 }])
    assert.equal(sent[0].topic, 'flights.events')
    assert.deepEqual(sent[0].headers, [...theirs, ['millrace-redriven', textOf(sent[0], 'millrace-redriven')], ['millrace-attempts', '1']])
  })
  it('stops at the limit', async () => {
    const { report, sent } = await redrive(toTopic({}, {}, {}, {}, {}), memoryLedger(), { limit: 4 })
    assert.deepEqual([report.redriven, sent.length], [4, 4])
  })
  it('sends nothing in a dry run, and counts as if', async () => {
    const { report, sent } = await redrive(toTopic({}, {}), memoryLedger(), { isDryRun: true })
    assert.deepEqual([report.redriven, report.byCode, sent], [2, { EVENT_INVALID: 2 }, []])
  })
  it('says what it cannot put back, after all the others', async () => {
    const records = toTopic({ record: { topic: 'gone.events' } }, {})
    const { report } = await redrive(records, memoryLedger(), { isTopic: name => name !== 'gone.events' })
    assert.deepEqual([report.redriven, report.homeless], [1, 1])
    assert.equal(report.error?.message, 'not all went back: 1 record came from a topic that is not there')
  })
  it('goes on behind a record that its topic refuses as too large', async () => {
    const large = { record: { value: Buffer.alloc(600_000) } }
    const ledger = memoryLedger({ failing: [1], error: Object.assign(new Error('too large'), { type: 'MESSAGE_TOO_LARGE' }) })
    const { report } = await redrive(toTopic(large, large), ledger)
    assert.deepEqual([report.redriven, report.tooLarge], [1, 1])
    assert.equal(report.error?.message, 'not all went back: 1 record larger than its topic takes')
  })
  it('puts back a record whose payload lies beside, byte for byte, and says where one is gone', async () => {
    const store = memoryStore()
    const sent: OutgoingRecord[] = []
    const send = withClaims(async records => void sent.push(...records), { store, ...rejectionClaims('flights') })
    const large = { ...original, key: Buffer.alloc(1_200_000, 1), value: Buffer.alloc(4_600_000, 2) }
    await send(
      [large, original].map(record => toRejected('flights.rejected', record, { step: 'preprocess', code: 'EVENT_INVALID', reason: 'why' })),
    )
    const records = sent.map(asKafkaRecord)
    const { sent: back } = await redrive(records, memoryLedger(), { claims: store })
    assert.deepEqual([back[0].key, back[0].value, headersOf(back[0]).slice(0, 2)], [large.key, large.value, ['trace 01', 'trace 02ff']])
    const { report } = await redrive(records)
    assert.deepEqual([report.redriven, report.gone], [1, 1])
    assert.equal(report.error?.message, 'not all went back: 1 record kept nowhere any more')
  })
  it('passes over a record that no step has written', async () => {
    const { report } = await redrive([{ ...original, topic: 'flights.rejected', headers: [] }])
    assert.deepEqual([report.redriven, report.unknown], [0, 1])
  })
  it('sends no chunk that is more than a broker takes at once', async () => {
    const ledger = memoryLedger()
    await redrive(toTopic(...Array.from({ length: 7 }, () => ({ record: { value: Buffer.alloc(200_000) } }))), ledger)
    assert.deepEqual(
      ledger.chunks.map(chunk => chunk.length),
      [2, 2, 2, 1],
    )
  })
  it('puts back a record once that is found more than once, and counts each time after the first', async () => {
    const [one] = toTopic({})
    for (const isDryRun of [false, true]) {
      const { report } = await redrive([one, one, one], memoryLedger(), { isDryRun })
      assert.deepEqual([report.redriven, report.repeated, report.before], [1, 2, 0])
    }
  })
  it('takes records of the topics that are meant', async () => {
    const records = toTopic({}, { record: { topic: 'flights.labels' } })
    const { report } = await redrive(records, memoryLedger(), { filter: { topics: ['flights.labels'] } })
    assert.deepEqual([report.byTopic, report.passedOver], [{ 'flights.labels': 1 }, 1])
  })
  it('says what is kept nowhere any more, after all the others', async () => {
    const batches = async function* () {
      yield ['gone', 'gone', 'unknown'] as const
    }
    const options = { filter: {}, attemptsAtMost: 3, isDryRun: false, isTopic: () => true }
    const report = await redriveRecords({ batches: batches(), ledger: memoryLedger(), ...options })
    assert.deepEqual([report.gone, report.unknown], [2, 1])
    assert.equal(report.error?.message, 'not all went back: 2 records kept nowhere any more')
  })
  it('stops before the next chunk when it is told to', async () => {
    const stopping = new AbortController()
    const records = toTopic(...Array.from({ length: 4_500 }, () => ({})))
    const options = { signal: stopping.signal, onProgress: () => stopping.abort() }
    const { report } = await redrive(records, memoryLedger(), options)
    assert.equal(report.redriven, 2_000)
    assert.match(report.error?.message ?? '', /^stopped before preprocess\/flights.events\/3\/2070\/\w{16}; run it again to go on$/)
  })
})
