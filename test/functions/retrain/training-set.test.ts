import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import type { Feedback } from '#functions/records.ts'
import { athenaFeedback, fillQuery, latestTimeMs, type TrainingCut } from '#functions/retrain/training-set.ts'
import { toRows } from '#models/feature-columns.ts'
import { pipeline } from '#models/pipeline.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { flight, landing, makeFeedback } from '../../fixtures.ts'
import { queryAll } from './query-all.ts'

const text = readFileSync(path.join(import.meta.dirname, '../../../functions/retrain/training-set.sql'), 'utf8')

/** The archive step over a store, and what the training query makes of all its objects at once. */
async function archive(feedback: readonly Feedback[], definition: Pipeline = pipeline) {
  const store = memoryStore()
  const step = makeArchive({ pipeline: definition, store, encode: encodeParquet })
  await step(feedback.map((value, offset) => makeRecord(value, { topic: 'flights.feedback', offset })))
  const read = (cut: Partial<TrainingCut> = {}, readAs = definition) => queryAll(store, readAs, cut)
  return { store, step, read }
}

/** That many flights one second apart, with ids of their own. */
const makeMany = (rowCount: number) =>
  Array.from({ length: rowCount }, (_, row) => makeFeedback({ id: `Flüge ${row}`, atMs: flight.departedAtMs + row * 1_000 }))

describe('the training set', () => {
  it('gives the archived rows in event-time order, as they travelled', async () => {
    const { read } = await archive([makeFeedback({ id: 'b', atMs: 2_000, target: 0 }), makeFeedback({ id: 'a', atMs: 1_000 })])
    const { atMs, targets, labelDelayMs, features, sampledRatio } = await read()
    assert.deepEqual([...atMs, ...targets], [1_000, 2_000, 1, 0])
    assert.deepEqual([...labelDelayMs], [landing.landedAtMs - 1_000, landing.landedAtMs - 2_000])
    assert.deepEqual(toRows(features, 0, 2), Array(2).fill(makeFeedback().features))
    assert.equal(sampledRatio, 1)
  })
  it('keeps one row of an id: the label that came last', async () => {
    const { read } = await archive([makeFeedback({ target: 1, labelAtMs: 10 }), makeFeedback({ target: 0, labelAtMs: 20 })])
    assert.deepEqual([...(await read()).targets], [0])
  })
  it('takes the later record of two labels with the same time', async () => {
    const { read } = await archive([makeFeedback({ target: 1, labelAtMs: 10 }), makeFeedback({ target: 0, labelAtMs: 10 })])
    assert.deepEqual([...(await read()).targets], [0])
  })
  it('keeps one row of records that were archived twice in batches cut differently', async () => {
    const { step, read } = await archive([makeFeedback({ id: 'a' }), makeFeedback({ id: 'b' })])
    await step([makeRecord(makeFeedback({ id: 'b' }), { topic: 'flights.feedback', offset: 1 })])
    assert.equal((await read()).targets.length, 2)
  })
  it('leaves out rows before the window and rows of another feature layout', async () => {
    const { read } = await archive([
      makeFeedback({ id: 'old', atMs: flight.departedAtMs - pipeline.retrain.windowMs - 1 }),
      makeFeedback({ id: 'other', definition: 'other' }),
      makeFeedback({ id: 'new' }),
    ])
    assert.deepEqual([...(await read()).atMs], [flight.departedAtMs])
  })
  it('never uses a label before its time: what came after the cut-off counts neither as a row nor for the window', async () => {
    const later = { atMs: flight.departedAtMs + 2 * pipeline.retrain.windowMs, labelAtMs: 30 }
    const { read } = await archive([
      makeFeedback({ id: 'a', target: 1, labelAtMs: 10 }),
      makeFeedback({ id: 'a', target: 0, labelAtMs: 21 }), // corrected after the cut-off
      makeFeedback({ id: 'b', target: 0, labelAtMs: 20 }),
      makeFeedback({ id: 'c', target: 0, ...later }),
    ])
    assert.deepEqual([...(await read({ knownByMs: 20 })).targets], [1, 0])
    assert.deepEqual([...(await read()).atMs], [later.atMs])
  })
  it('gives missing values as null', async () => {
    const features = pipeline.toFeatures({ ...flight, origin: 'ZZZ' })
    const { read } = await archive([makeFeedback({ features })])
    assert.deepEqual(toRows((await read()).features, 0, 1), [features])
  })
  it('is empty where no file has the columns of the layout yet', async () => {
    const newer: Pipeline = { ...pipeline, definition: 'newer', features: [{ name: 'new', kind: 'number' }] }
    const { read } = await archive([makeFeedback()])
    assert.equal((await read({}, newer)).atMs.length, 0)
  })
  it('reads a feature whose kind changed, whatever the older files hold', async () => {
    const older: Pipeline = { ...pipeline, definition: 'older', features: [{ name: 'a', kind: 'category' }] }
    const newer: Pipeline = { ...pipeline, definition: 'newer', features: [{ name: 'a', kind: 'number' }] }
    const { store, read } = await archive([makeFeedback({ id: 'x', definition: 'older', features: ['JFK'] })], older)
    const step = makeArchive({ pipeline: newer, store, encode: encodeParquet })
    const record = makeFeedback({ id: 'y', definition: 'newer', features: [0.1] })
    await step([makeRecord(record, { topic: 'flights.feedback', offset: 1 })])
    const { features } = await read({}, newer)
    assert.deepEqual(toRows(features, 0, 1), [[0.1]])
  })
  it('takes names and texts as they are, quotes, spaces, braces and all', async () => {
    const names = ['it\'s "odd"', '{{windowMs}}', 'Größe; -- $1 $&']
    const odd: Pipeline = { ...pipeline, definition: "d'1", features: names.map(name => ({ name, kind: 'number' })) }
    const { read } = await archive([makeFeedback({ definition: "d'1", features: [1, null, 3] })], odd)
    assert.deepEqual(toRows((await read()).features, 0, 1), [[1, null, 3]])
  })
})

describe('a training set above the row limit', () => {
  it('is a sample of ids in event-time order, which says its share', async () => {
    const { read } = await archive(makeMany(4_000))
    const { atMs, sampledRatio } = await read({ rowLimit: 1_000 })
    assert.equal(atMs.length, 1_000) // 65,536 buckets of hashes hold one of these ids each, or none
    assert.ok(Math.abs(sampledRatio - 1_000 / 4_000) < 0.035, `${sampledRatio}`) // five standard deviations of the share below which 1,000 ids lie
    assert.deepEqual(atMs, atMs.toSorted())
  })
  it('has as many ids as whole buckets of hashes hold: never more than the limit', async () => {
    const { read } = await archive(makeMany(2_000))
    for (const rowLimit of [1, 7, 1_999]) assert.ok((await read({ rowLimit })).atMs.length <= rowLimit)
  })
  it('is the same ids whatever the order and the cut of the files', async () => {
    const rows = makeMany(2_000)
    const once = await (await archive(rows)).read({ rowLimit: 500 })
    const { step, read } = await archive(rows.slice(1_000).reverse())
    await step(rows.slice(0, 1_000).map((value, row) => makeRecord(value, { topic: 'flights.feedback', offset: 1_000 + row })))
    assert.deepEqual((await read({ rowLimit: 500 })).atMs, once.atMs)
  })
  it('is of the ids whose hash, the first 32 bits of MD5, is lowest: in any engine the same', async () => {
    const rows = makeMany(2_000)
    const hashOf = (id: string) => Number.parseInt(createHash('md5').update(id).digest('hex').slice(0, 8), 16)
    const { atMs, sampledRatio } = await (await archive(rows)).read({ rowLimit: 500 })
    const expected = rows.filter(({ id }) => hashOf(id) < sampledRatio * 2 ** 32).map(row => row.atMs)
    assert.deepEqual([...atMs], expected)
  })
  it('is all rows at the limit', async () => {
    const { read } = await archive(makeMany(100))
    const { atMs, sampledRatio } = await read({ rowLimit: 100 })
    assert.deepEqual([atMs.length, sampledRatio], [100, 1])
  })
})

describe('fillQuery', () => {
  const cut = { rowLimit: 10, knownByMs: latestTimeMs }
  it('fills every placeholder for Athena, with names in double quotes and texts in single ones', () => {
    const odd: Pipeline = { ...pipeline, definition: "d'1", features: [{ name: 'a"b', kind: 'category' }] }
    const sql = fillQuery(text, odd, athenaFeedback('mill"race', 'flights_feedback'), cut)
    assert.doesNotMatch(sql, /[{}]/)
    assert.match(sql, /FROM "mill""race"\."flights_feedback" AS feedback/)
    assert.match(sql, /definition = 'd''1' AND "labelAtMs" <= 8640000000000000\b/)
    assert.match(sql, /,\n {2}"category_a""b"\nFROM ranked/)
  })
  it('uses nothing that only one of the engines knows', () => {
    assert.doesNotMatch(text.replaceAll(/--.*/g, ''), /qualify|exclude|read_parquet|arg_max|::|\bmd5\b/i)
  })
  it('rejects a placeholder that it does not know', () => {
    const message = 'training-set.sql may name feedback, idHash, definition, windowMs, rowLimit, knownByMs, features, got table'
    assert.throws(() => fillQuery('SELECT 1 FROM {{table}}', pipeline, athenaFeedback('a', 'b'), cut), { message })
  })
})
