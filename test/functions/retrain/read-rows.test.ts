import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { withDuckdb } from '#functions/adapters/local-database.ts'
import { readText } from '#functions/adapters/text-file.ts'
import { hourMs } from '#functions/archived/hours.ts'
import type { TrainingRows } from '#functions/ports.ts'
import type { Feedback } from '#functions/records.ts'
import { makeReadRows } from '#functions/retrain/read-rows.ts'
import { toRows } from '#models/feature-columns.ts'
import { pipeline as flights } from '#models/pipeline.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { makeFeedback } from '../../fixtures.ts'
import { type ArchivedFeedback, feedbackArchive } from './feedback-archive.ts'
import { queryAll } from './query-all.ts'

const queryFile = path.join(import.meta.dirname, '../../../functions/retrain/training-set.sql')
const firstHourMs = Date.UTC(2026, 10, 23)
const windowMs = 10_000
const pipeline: Pipeline = {
  ...flights,
  definition: 'now',
  features: [
    { name: 'size', kind: 'number' },
    { name: 'place', kind: 'category' },
  ],
  retrain: { ...flights.retrain, windowMs },
}

/** Feedback of the small definition, recorded in the hour of that number. */
function row(hour: number, changes: Partial<Feedback> = {}): ArchivedFeedback {
  return { feedback: makeFeedback({ definition: 'now', features: [0.1, 'JFK'], ...changes }), recordedAtMs: firstHourMs + hour * hourMs }
}

type Archive = ReturnType<typeof feedbackArchive>

/** One run of the reader; the clock goes on by so much at each look. */
function read({ store }: Archive, { rowLimit = 1_000, readAs = pipeline, tickMs = 0 } = {}) {
  let ms = 0
  return makeReadRows({
    pipeline: readAs,
    store,
    withDatabase: withDuckdb,
    readQuery: () => readText(queryFile),
    limit: { rows: rowLimit, because: 'no more fit' },
    clockMs: () => (ms += tickMs),
  })()
}

async function readWhole(archive: Archive, options: Parameters<typeof read>[1] = {}): Promise<TrainingRows> {
  const rows = await read(archive, options)
  assert.ok(!('unprepared' in rows))
  return rows
}

/** What of training rows the query says. */
const toAnswer = ({ atMs, targets, labelDelayMs, features, sampledRatio }: Omit<TrainingRows, 'objectCount'>) => {
  return { atMs, targets, labelDelayMs, features, sampledRatio: atMs.length === 0 ? undefined : sampledRatio }
}

const someRows = fc.array(
  fc.record({
    hour: fc.integer({ min: 0, max: 4 }),
    id: fc.integer({ min: 0, max: 25 }),
    atMs: fc.integer({ min: 1, max: 3 * windowMs }),
    labelAtMs: fc.integer({ min: 1, max: 40 }),
    target: fc.constantFrom(0 as const, 1 as const),
    definition: fc.constantFrom('now', 'now', 'now', 'before'),
    features: fc.tuple(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })), fc.option(fc.constantFrom('JFK', 'Zürich', ''))),
  }),
  { minLength: 1, maxLength: 60 },
)
const history = fc.record({
  rows: someRows,
  rowLimit: fc.constantFrom(3, 12, 1_000),
  steps: fc.array(
    fc.oneof(
      fc.record({
        do: fc.constant('write' as const),
        from: fc.double({ min: 0, max: 1, noNaN: true }),
        to: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ do: fc.constant('compact' as const), hour: fc.integer({ min: 0, max: 4 }) }),
      fc.record({ do: fc.constant('train' as const) }),
      fc.record({ do: fc.constantFrom('lose' as const, 'cut' as const), at: fc.nat() }),
    ),
    { maxLength: 7 },
  ),
})

describe('reading the training set', () => {
  it('gives what one query over all rows gives: whatever the cut into objects and hours, compacted or not, prepared before, lost or cut', async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ rows, rowLimit, steps }) => {
        const recorded = rows.map(({ hour, id, ...changes }) => row(hour, { id: `f${id}`, ...changes }))
        const archive = feedbackArchive(pipeline, recorded)
        for (const [revision, step] of steps.entries()) {
          const prepared = await archive.prepared()
          if (step.do === 'write') await archive.addSmall(...toPlaces(step, rows.length))
          if (step.do === 'compact') await archive.compact(firstHourMs + step.hour * hourMs, revision + 1)
          if (step.do === 'train') await read(archive, { rowLimit })
          if (step.do === 'lose' && prepared.length > 0) archive.lose(prepared[step.at % prepared.length])
          if (step.do === 'cut' && prepared.length > 0) await archive.cut(prepared[step.at % prepared.length])
        }
        await archive.addSmall(0, rows.length)
        const truth = feedbackArchive(pipeline, recorded)
        await truth.addSmall(0, rows.length)
        assert.deepEqual(toAnswer(await readWhole(archive, { rowLimit })), toAnswer(await queryAll(truth.store, pipeline, { rowLimit })))
      }),
      { numRuns: 12, seed: 12 },
    )
  })
  it('reads in the next run what is new, not the window', async () => {
    const archive = feedbackArchive(pipeline, [row(0, { id: 'a' }), row(1, { id: 'b' }), row(2, { id: 'c' })])
    await archive.addSmall(0, 2)
    await archive.compact(firstHourMs, 1)
    await read(archive)
    await archive.addSmall(2, 3)
    archive.takeRead()
    assert.equal((await readWhole(archive)).targets.length, 3)
    const ofRows = archive.takeRead().filter(key => key.startsWith('flights.feedback/') || /^compacted.*parquet$/.test(key))
    assert.deepEqual(ofRows, ['flights.feedback/date=2026-11-23/hour=02/0-2-2.parquet'])
  })
  it('reads no byte of rows whose events lie before the window, whenever they were recorded', async () => {
    const archive = feedbackArchive(pipeline, [row(0, { id: 'new', atMs: 5 * windowMs }), row(3, { id: 'old', atMs: windowMs })])
    await archive.addSmall(0, 2)
    for (const hour of [0, 3]) await archive.compact(firstHourMs + hour * hourMs, 1)
    assert.deepEqual([...(await readWhole(archive)).atMs], [5 * windowMs])
    assert.deepEqual(
      archive.takeRead().filter(key => /^compacted.*parquet$/.test(key)),
      ['compacted/flights.feedback/date=2026-11-23/hour=00/000001-000-test.parquet'],
    )
  })
  it('reads no byte of compacted rows of another definition, and prepares again for a new one', async () => {
    const archive = feedbackArchive(pipeline, [row(0, { id: 'a' }), row(1, { id: 'b', definition: 'before' })])
    await archive.addSmall(0, 2)
    for (const hour of [0, 1]) await archive.compact(firstHourMs + hour * hourMs, 1)
    await read(archive)
    assert.ok(!archive.takeRead().some(key => /hour=01.*parquet$/.test(key)))
    const before = await readWhole(archive, { readAs: { ...pipeline, definition: 'before' } })
    assert.deepEqual([before.targets.length, before.objectCount], [1, 1])
  })
  it('takes the label that came days later, in another hour, for a row that was prepared long before', async () => {
    const archive = feedbackArchive(pipeline, [row(0, { target: 1, labelAtMs: 10 }), row(90, { target: 0, labelAtMs: 20 })])
    await archive.addSmall(0, 1)
    assert.deepEqual([...(await readWhole(archive)).targets], [1])
    await archive.addSmall(1, 2)
    assert.deepEqual([...(await readWhole(archive)).targets], [0])
  })
  it('reads an hour with two layouts of features, of which one has a category where the other has a number', async () => {
    const archive = feedbackArchive(pipeline, [row(0, { id: 'a' })])
    await archive.addSmall(0, 1)
    const older: Pipeline = { ...pipeline, definition: 'before', features: [{ name: 'size', kind: 'category' }] }
    const other = feedbackArchive(older, [row(0), row(0, { id: 'b', definition: 'before', features: ['large'] })])
    await other.addSmall(1, 2)
    for (const key of await other.store.list('flights.feedback/')) await archive.store.put(key, (await other.store.get(key))!.body)
    assert.deepEqual(toRows((await readWhole(archive)).features, 0, 1), [[0.1, 'JFK']])
    assert.deepEqual(toRows((await readWhole(archive, { readAs: older })).features, 0, 1), [['large']])
  })
  it('names an object that cannot be read where it is alone in its hour', async () => {
    const archive = feedbackArchive(pipeline, [row(0, { id: 'a' }), row(1, { id: 'b' })])
    await archive.addSmall(0, 1)
    await archive.addSmall(1, 2)
    await archive.cut('flights.feedback/date=2026-11-23/hour=01/0-1-1.parquet')
    const { targets, refused } = await readWhole(archive)
    assert.deepEqual([targets.length, refused?.length], [1, 1])
  })
  it('passes over an object that is no Parquet and names it, in this run and in those that find the hour prepared', async () => {
    const archive = feedbackArchive(pipeline, [row(0, { id: 'a' }), row(0, { id: 'b' })])
    await archive.addSmall(0, 1)
    await archive.addSmall(1, 2)
    await archive.cut('flights.feedback/date=2026-11-23/hour=00/0-1-1.parquet')
    for (const run of [1, 2]) {
      const { targets, refused } = await readWhole(archive)
      assert.equal(targets.length, 1, `run ${run}`)
      assert.deepEqual(
        refused?.map(({ key }) => key),
        ['flights.feedback/date=2026-11-23/hour=00/0-1-1.parquet'],
      )
      assert.match(refused[0].reason, /Parquet|magic bytes/i)
    }
  })
  it('says that the time was up, keeps what it prepared, and goes on in the next run', async () => {
    const hours = Array.from({ length: 8 }, (_, hour) => row(hour, { id: `f${hour}` }))
    const archive = feedbackArchive(pipeline, hours)
    await archive.addSmall(0, 8)
    const first = await read(archive, { tickMs: 100_000 })
    assert.ok('unprepared' in first)
    assert.equal(first.unprepared, '4 parts of the archive are prepared, 4 are not: 480 s were not enough; the next runs go on from here')
    assert.equal((await archive.prepared()).length, 4)
    assert.equal((await readWhole(archive, { tickMs: 100_000 })).targets.length, 8)
  })
  it('says of a sample why it is one, and weighs its rows as all', async () => {
    const archive = feedbackArchive(
      pipeline,
      Array.from({ length: 40 }, (_, at) => row(0, { id: `f${at}` })),
    )
    await archive.addSmall(0, 40)
    const { targets, weights, sampledRatio, sampledBecause } = await readWhole(archive, { rowLimit: 20 })
    assert.equal(sampledBecause, 'no more fit')
    assert.deepEqual(weights, new Float32Array(targets.length).fill(1 / sampledRatio))
    const all = await readWhole(archive, { rowLimit: 40 })
    assert.deepEqual([all.weights, all.sampledBecause], [undefined, undefined])
  })
  it('reads of a large part the slices with the lowest hashes, as many as the sample needs', async () => {
    const many = Array.from({ length: 20_000 }, (_, at) => row(0, { id: `f${at}`, atMs: at % windowMs }))
    const archive = feedbackArchive(pipeline, many)
    await archive.addSmall(0, many.length)
    await archive.compact(firstHourMs, 1)
    await read(archive)
    for (const [rowLimit, sliceCount] of [
      [2_000, 1],
      [8_000, 2],
      [19_900, 3],
    ]) {
      archive.takeRead()
      assert.deepEqual(toAnswer(await readWhole(archive, { rowLimit })), toAnswer(await queryAll(archive.store, pipeline, { rowLimit })))
      assert.equal(archive.takeRead().filter(key => key.startsWith('training/')).length, sliceCount)
    }
  })
  it('is empty without an archive, and without a row of the definition', async () => {
    const archive = feedbackArchive(pipeline, [row(0, { definition: 'before' })])
    const none = { atMs: new Float64Array(0), targets: new Float64Array(0), sampledRatio: 1, objectCount: 0 }
    assert.partialDeepStrictEqual(await readWhole(archive), none)
    await archive.addSmall(0, 1)
    assert.partialDeepStrictEqual(await readWhole(archive), none)
  })
  it('leaves nothing on the disk, whether it comes to an end or fails', async () => {
    const temporary = process.env.TMPDIR
    const folder = mkdtempSync(path.join(tmpdir(), 'millrace-test-'))
    process.env.TMPDIR = folder
    try {
      const archive = feedbackArchive(pipeline, [row(0)])
      await archive.addSmall(0, 1)
      await read(archive)
      await archive.cut((await archive.prepared())[0])
      const failing = { ...archive, store: { ...archive.store, put: () => Promise.reject(new Error('no bucket')) } }
      await assert.rejects(read(failing), { message: 'no bucket' })
      assert.deepEqual(readdirSync(folder), [])
    } finally {
      if (temporary === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = temporary
      rmSync(folder, { recursive: true })
    }
  })
})

/** Two shares of a count as places, the lower one first. */
function toPlaces({ from, to }: { readonly from: number; readonly to: number }, count: number): [number, number] {
  const places = [from, to].map(share => Math.floor(share * count)).sort((a, b) => a - b)
  return [places[0], Math.max(places[0] + 1, places[1])]
}
