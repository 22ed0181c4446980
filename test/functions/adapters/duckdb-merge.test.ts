import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { duckdbMerge, type MergeLimits } from '#functions/adapters/duckdb-merge.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { toColumns } from '#functions/archive/columns.ts'
import { toPrediction } from '#functions/archive/prediction-row.ts'
import type { KafkaRecord, MergedObject } from '#functions/ports.ts'
import { pipeline } from '#models/pipeline.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { makeFeedback, makePrediction } from '../../fixtures.ts'

const hour = Date.UTC(2026, 10, 23, 5)
const encode = (records: readonly KafkaRecord[], of: Pipeline = pipeline) => encodeParquet(toColumns(of, records))
const event = (offset: number, changes: Partial<KafkaRecord> = {}) =>
  makeRecord(Buffer.from(`{"at":${offset}}`), { offset, recordedAtMs: hour + offset, ...changes })
const prediction = (offset: number, changes: object = {}) =>
  makeRecord(makePrediction(changes), { topic: 'flights.predictions', offset, recordedAtMs: hour + offset })

/** Merges objects by their names; gives what was made of them, and its rows. */
async function merge(objects: Readonly<Record<string, Uint8Array>>, limits: Partial<MergeLimits> = {}) {
  const store = memoryStore()
  for (const [key, body] of Object.entries(objects)) await store.put(key, body)
  const made: MergedObject[] = []
  const result = await duckdbMerge(store, limits)(Object.keys(objects), async merged => void made.push(merged))
  const rows = []
  for (const { body } of made) rows.push(await readRows(body))
  return { ...result, made, rows }
}

const readRows = (body: Uint8Array) => parquetReadObjects({ file: new Uint8Array(body).buffer, compressors, utf8: false })
const placesOf = (rows: readonly Record<string, unknown>[]) => rows.map(row => `${row.partition}-${row.offset}`)

describe('merging with DuckDB', () => {
  it('sorts the rows by time, partition and offset', async () => {
    const { rows, made, repeatCount } = await merge({
      a: encode([event(3), event(4, { recordedAtMs: hour + 1 })]),
      b: encode([event(1, { partition: 1, recordedAtMs: hour + 3 }), event(2, { partition: 1, recordedAtMs: hour })]),
    })
    assert.deepEqual(placesOf(rows[0]), ['1-2', '0-4', '0-3', '1-1'])
    const { body: _body, ...known } = made[0]
    assert.deepEqual(known, {
      rowCount: 4,
      recordedMs: { fromMs: hour, toMs: hour + 3 },
      offsets: [
        { partition: 0, first: 3, last: 4 },
        { partition: 1, first: 1, last: 2 },
      ],
    })
    assert.equal(repeatCount, 0)
  })
  it('gives every column of every row as it was, bytes that are no text, headers and nothing included', async () => {
    const odd = [
      event(0, {
        key: Buffer.from([0xff, 0x00, 0x80]),
        value: null,
        headers: [
          ['h', Buffer.from([0, 1, 2])],
          ['h', Buffer.alloc(0)],
        ],
      }),
      event(1, { key: null, value: Buffer.alloc(0) }),
      event(2, { key: Buffer.from('k'), value: Buffer.from('é\u0000"\'') }),
    ]
    const file = encode(odd)
    const { rows } = await merge({ a: file })
    assert.deepEqual(rows[0], await readRows(file))
  })
  it('gives predictions back byte for byte, and says their times and layouts', async () => {
    const shown = [0, 1, 2].map(at => makePrediction({ id: `f${at}`, atMs: hour - at, score: at / 3 }))
    const { rows, made } = await merge({
      a: encode(shown.map((value, offset) => makeRecord(value, { topic: 'flights.predictions', offset }))),
    })
    assert.deepEqual(rows[0].map(toPrediction), shown)
    assert.deepEqual([made[0].eventMs, made[0].definitions], [{ fromMs: hour - 2, toMs: hour }, [pipeline.definition]])
  })
  it('says when the labels of feedback were', async () => {
    const feedback = makeFeedback({ labelAtMs: hour + 7 })
    const { made } = await merge({ a: encode([makeRecord(feedback, { topic: 'flights.feedback' })]) })
    assert.deepEqual(made[0].labelMs, { fromMs: hour + 7, toMs: hour + 7 })
  })
  it('keeps one row for each partition and offset, in objects of one layout and of several', async () => {
    const other: Pipeline = { ...pipeline, features: pipeline.features.map(feature => ({ ...feature, kind: 'category' as const })) }
    const { rows, repeatCount } = await merge({
      a: encode([prediction(0), prediction(1), prediction(2)]),
      b: encode([prediction(1), prediction(2), prediction(3)]),
      c: encode([prediction(3), prediction(4)], other),
    })
    assert.deepEqual(rows.flatMap(placesOf).sort(), ['0-0', '0-1', '0-2', '0-3', '0-4'])
    assert.equal(repeatCount, 3)
  })
  it('makes one object of those that archive wrote and those that it wrote itself', async () => {
    const first = await merge({ a: encode([event(0), event(1)]) })
    const { made, rows } = await merge({ whole: first.made[0].body, a: encode([event(1), event(2)]) })
    assert.deepEqual([made.length, placesOf(rows[0])], [1, ['0-0', '0-1', '0-2']])
  })
  it('makes no object of a layout whose rows all repeat those of another', async () => {
    const other: Pipeline = { ...pipeline, features: pipeline.features.slice(1) }
    const { made, rows } = await merge({ a: encode([prediction(0), prediction(1)]), b: encode([prediction(0)], other) })
    assert.deepEqual([made.length, rows.flatMap(placesOf)], [1, ['0-0', '0-1']])
  })
  it('keeps a number and the category that it became apart, each as it was', async () => {
    const [{ name }] = pipeline.features
    const other: Pipeline = {
      ...pipeline,
      definition: 'other',
      features: pipeline.features.map(feature => (feature.name === name ? { ...feature, kind: 'category' as const } : feature)),
    }
    const values = makePrediction({}).features
    const changed = makePrediction({ definition: 'other', features: values.map((value, at) => (at === 0 ? 'early' : value)) })
    const old = encode([prediction(0)])
    const young = encode([makeRecord(changed, { topic: 'flights.predictions', offset: 1 })], other)
    const { rows, made } = await merge({ old, young })
    assert.equal(rows.length, 2)
    assert.deepEqual(made.map(({ definitions }) => definitions).sort(), [[pipeline.definition], ['other']].sort())
    const [first, second] = rows
      .map(([row]) => toPrediction(row))
      .sort((a, b) => Number(a.definition === 'other') - Number(b.definition === 'other'))
    assert.deepEqual(first, makePrediction({}))
    assert.deepEqual(second, changed)
  })
  it('goes through many objects in bounded groups, and closes an object once it is large', async () => {
    const random = (at: number) => Buffer.from(Array.from({ length: 400 }, (_, byte) => (at * 7_919 + byte * byte * 31) % 251))
    const objects = Object.fromEntries(
      Array.from({ length: 7 }, (_, file) => {
        const records = Array.from({ length: 3_000 }, (_, row) => event(file * 3_000 + row, { value: random(file * 3_000 + row) }))
        return [`o${file}`, encode(records)]
      }),
    )
    const { rows, made } = await merge(objects, { filesAtOnce: 2, objectBytes: 20_000, groupBytes: 1 })
    assert.ok(made.length > 1, `${made.length} objects`)
    assert.deepEqual(
      rows.flat().map(row => Number(row.offset)),
      Array.from({ length: 21_000 }, (_, at) => at),
    )
    assert.deepEqual(
      made.map(({ recordedMs }) => recordedMs.fromMs),
      made.map(({ recordedMs }) => recordedMs.fromMs).toSorted((a, b) => a - b),
    )
  })
  it('refuses what is no Parquet, is cut, or has other columns, and merges the rest', async () => {
    const whole = encode([event(0)])
    const torn = Uint8Array.from(encode(Array.from({ length: 200 }, (_, at) => event(at + 1))))
    torn.fill(0xee, 8, torn.length >> 1) // its footer is whole, its pages are not
    const { rows, refused } = await merge({
      a: whole,
      b: Buffer.from('no Parquet'),
      c: whole.subarray(0, whole.length - 9),
      d: encodeParquet([{ name: 'other', type: 'integer', values: [1] }]),
      e: new Uint8Array(0),
      f: torn,
    })
    assert.deepEqual(placesOf(rows[0]), ['0-0'])
    assert.deepEqual(refused.map(({ key }) => key).sort(), ['b', 'c', 'd', 'e', 'f'])
    assert.match(refused.find(({ key }) => key === 'd')!.reason, /no column partition, no column offset/)
  })
  it('refuses what has the columns in other types, and rows without a place or a time', async () => {
    const columns = toColumns(pipeline, [event(0)])
    const changed = (name: string, column: object) => encodeParquet(columns.map(own => (own.name === name ? { ...own, ...column } : own)))
    const { rows, refused } = await merge({
      whole: encode([event(0)]),
      partition: changed('partition', { type: 'text', values: ['0'] }),
      value: changed('value', { type: 'text', values: ['x'] }),
      time: changed('recordedAtMs', { values: [null] }),
      offset: changed('offset', { values: [-1] }),
    })
    assert.deepEqual(rows.map(placesOf), [['0-0']])
    assert.deepEqual(Object.fromEntries(refused.map(({ key, reason }) => [key, reason.replace(/^\d+ bytes: /, '')])), {
      partition: 'column partition is no INT64',
      value: 'column value is no BYTE_ARRAY',
      time: '1 rows without a partition, an offset or a time',
      offset: '1 rows without a partition, an offset or a time',
    })
  })
  it('rejects a merge for which the memory is too small, and calls no object unreadable for it', async () => {
    const objects = Object.fromEntries(
      Array.from({ length: 5 }, (_, file) => [`o${file}`, encode(Array.from({ length: 2_000 }, (_, row) => event(file * 2_000 + row)))]),
    )
    await assert.rejects(merge(objects, { memory: '2MB' }), /Out of Memory/)
  })
  it('makes nothing of nothing', async () => {
    assert.deepEqual((await merge({ a: Buffer.from('x') })).made, [])
  })
  it('rejects an object that is gone', async () => {
    await assert.rejects(
      duckdbMerge(memoryStore())(['gone'], async () => {}),
      /gone was listed and is gone/,
    )
  })
})
