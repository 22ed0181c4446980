import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { toRecords } from '#functions/adapters/kafka-event.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import { pipeline } from '#models/pipeline.ts'
import { toKafkaRecord } from '../../../cli/replay/archive-reader.ts'
import { makeBreaker, makeRecord } from '../../checks/step-checks.ts'
import { flight, makeFeedback, makePrediction } from '../../fixtures.ts'

function open({ breakCall }: { readonly breakCall?: number } = {}) {
  const objects = new Map<string, Uint8Array>()
  const mayBreak = makeBreaker(breakCall)
  const step = makeArchive({
    pipeline,
    encode: encodeParquet,
    store: {
      put: async (key, body) => {
        mayBreak()
        objects.set(key, body)
      },
    },
  })
  return { step, objects }
}

const rowsOf = (file: Uint8Array) => parquetReadObjects({ file: new Uint8Array(file).buffer, utf8: false })

describe('archive', () => {
  it('writes one object for each partition and hour, named by its offsets', async () => {
    const { step, objects } = open()
    const nextHour = Date.UTC(2026, 10, 23, 6)
    await step([
      makeRecord(flight, { offset: 3 }),
      makeRecord(flight, { offset: 9 }),
      makeRecord(flight, { offset: 10, recordedAtMs: nextHour }),
      makeRecord(flight, { partition: 1, offset: 4 }),
    ])
    assert.deepEqual(
      [...objects.keys()],
      [
        'flights.events/date=2026-11-23/hour=05/0-3-9.parquet',
        'flights.events/date=2026-11-23/hour=06/0-10-10.parquet',
        'flights.events/date=2026-11-23/hour=05/1-4-4.parquet',
      ],
    )
  })
  it('keeps records whose clock is in other units in the first hour of 1970 or the last of 9999, whatever it says', async () => {
    const { step, objects } = open()
    const clocks = [-5, -1e17, 1.77e15, 1.77e18, 9.2e18]
    await step(clocks.map((recordedAtMs, offset) => makeRecord(flight, { offset, recordedAtMs })))
    assert.deepEqual(
      [...objects.keys()],
      ['flights.events/date=1970-01-01/hour=00/0-0-1.parquet', 'flights.events/date=9999-12-31/hour=23/0-2-4.parquet'],
    )
  })
  it('keeps events byte for byte, broken ones and tombstones included', async () => {
    const { step, objects } = open()
    const broken = Buffer.from([0xff, 0x00, 0x7b])
    await step([makeRecord(flight), makeRecord(broken, { offset: 1, headers: [['h', Buffer.from('x')]] }), makeRecord(null, { offset: 2 })])
    const rows = await rowsOf([...objects.values()][0])
    assert.deepEqual(
      rows.map(row => row.value && Buffer.from(row.value)),
      [Buffer.from(JSON.stringify(flight)), broken, null],
    )
    assert.deepEqual(JSON.parse(Buffer.from(rows[1].headers).toString()), [['h', Buffer.from('x').toString('base64')]])
  })
  it('gives feedback a typed column for each part, and keeps the raw value of what does not parse', async () => {
    const { step, objects } = open()
    const feedback = makeFeedback()
    await step([makeRecord(feedback, { topic: 'flights.feedback' }), makeRecord({ id: 1 }, { topic: 'flights.feedback', offset: 1 })])
    const file = [...objects.values()][0]
    const [row, broken] = await parquetReadObjects({ file: new Uint8Array(file).buffer })
    assert.deepEqual(
      [row.id, row.atMs, row.score, row.target, row.labelAtMs, row.category_origin, row.feature_distanceMiles, row.value ?? null],
      ['f1', BigInt(feedback.atMs), 0.6, 1n, BigInt(feedback.labelAtMs), 'JFK', 2475, null],
    )
    assert.deepEqual([broken.id ?? null, broken.value], [null, '{"id":1}'])
  })
})

describe('the archive of what producers may write', () => {
  it('keeps every record that Lambda may give, byte for byte, in an hour of 1970 to 2100', async () => {
    const bytes = fc.option(fc.uint8Array({ maxLength: 6 }))
    const timestamp = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double(), fc.constantFrom(null, -1, -0, 8.64e15, 9.2e18))
    const headers = fc.option(fc.array(fc.tuple(fc.constantFrom('constructor', '__proto__', 'h', 'h2'), bytes), { maxLength: 3 }))
    const given = fc.record({ key: bytes, value: bytes, timestamp, headers })
    const toText = (content: Uint8Array | null) => content && Buffer.from(content).toString('base64')
    await fc.assert(
      fc.asyncProperty(fc.array(given, { minLength: 1, maxLength: 5 }), async all => {
        const inEvent = all.map(({ key, value, headers: pairs, ...rest }, offset) => ({
          ...rest,
          topic: 'flights.events',
          partition: 0,
          offset,
          key: toText(key),
          value: toText(value),
          headers: pairs?.map(([name, content]) => Object.fromEntries([[name, content && [...content]]])),
        }))
        const records = toRecords({ eventSource: 'aws:kafka', records: { 'flights.events-0': inEvent } }, 1_700_000_000_000)
        const { step, objects } = open()
        await step(records)
        const read: KafkaRecord[] = []
        for (const [key, file] of objects) {
          assert.match(key, /^flights\.events\/date=(19[7-9]\d|20\d\d|2100)-\d\d-\d\d\/hour=\d\d\/0-\d-\d\.parquet$/)
          read.push(...(await rowsOf(file)).map(row => toKafkaRecord('flights.events', row)))
        }
        assert.deepEqual(
          read.sort((a, b) => a.offset - b.offset),
          records,
        )
      }),
    )
  })
})

describe('the archive of inputs', () => {
  it('keeps rows of a table and their removals as they came, with their keys', async () => {
    const { step, objects } = open()
    const place = { topic: 'flights.gates', key: Buffer.from('JFK') }
    await step([makeRecord({ gate: 'B7' }, place), makeRecord(null, { ...place, offset: 1 })])
    const [[key, file]] = objects
    assert.equal(key, 'flights.gates/date=2026-11-23/hour=05/0-0-1.parquet')
    assert.deepEqual(
      (await rowsOf(file)).map(row => [String(Buffer.from(row.key)), row.value ? String(Buffer.from(row.value)) : null]),
      [
        ['JFK', '{"gate":"B7"}'],
        ['JFK', null],
      ],
    )
  })
})

describe('the archive of predictions and feedback', () => {
  const archived = async (value: unknown, topic: string) => {
    const { step, objects } = open()
    await step([makeRecord(value, { topic })])
    const [row] = await parquetReadObjects({ file: new Uint8Array([...objects.values()][0]).buffer })
    return row
  }

  it('keeps the scores of the other models as JSON, and null where there are none', async () => {
    const shadows = [{ model: 's1', score: 0.25 }]
    for (const topic of ['flights.predictions', 'flights.feedback']) {
      assert.equal((await archived(makeFeedback({ shadows }), topic)).shadows, '[{"model":"s1","score":0.25}]')
      assert.equal((await archived(makeFeedback(), topic)).shadows ?? null, null)
    }
  })
  it('keeps the raw value of a row whose features are of another layout, since no column holds them', async () => {
    for (const topic of ['flights.predictions', 'flights.feedback']) {
      const older = makeFeedback({ definition: 'older', features: [1, 'x'] })
      const row = await archived(older, topic)
      assert.equal(row.value, JSON.stringify(older))
      assert.deepEqual([row.id, row.definition, row.category_origin ?? null], ['f1', 'older', null])
    }
  })
  for (const [what, changes] of [
    ['a feature of another kind', { features: pipeline.features.map(() => 'text') }],
    ['a clock time that is not whole', { atMs: 0.5 }],
    ['an offset that is not whole', { source: { topic: 'flights.events', partition: 0, offset: 0.5 } }],
  ] as const) {
    it(`takes ${what}, and keeps its raw value`, async () => {
      const prediction = makePrediction(changes)
      assert.equal((await archived(prediction, 'flights.predictions')).value, JSON.stringify(prediction))
    })
  }
})

const good = [0, 1, 2, 3].map(at => makeRecord(flight, { partition: at >> 1, offset: at }))
describe('archive, as every step', () => {
  it('overwrites the same object when a batch comes twice', async () => {
    const { step, objects } = open()
    await step(good)
    const before = new Map(objects)
    await step(good)
    assert.deepEqual(objects, before)
  })
  it('throws where the bucket refuses, so that the batch comes again', async () => {
    for (const breakCall of [0, 1]) await assert.rejects(open({ breakCall }).step(good), /broken on purpose/)
  })
  it('takes an empty batch', async () => {
    assert.deepEqual(await open().step([]), { counts: { archived: 0, objects: 0 } })
  })
})
