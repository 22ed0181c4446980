import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryState } from '#functions/adapters/memory-state.ts'
import type { KafkaRecord, OutgoingRecord } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import type { FeaturesRecord } from '#functions/records.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { pipeline } from '#models/examples/payments.ts'
import type { FeatureValue } from '#models/pipeline-compiler.ts'
import { makeRetrainTrigger } from '#models/policy/retrain-when.ts'
import { makeRandom } from '#models/random.ts'
import { readHistory } from '../../../cli/backtest/history.ts'
import { type InputFile, readInput } from '../../../cli/backtest/input-history.ts'
import { runBacktest } from '../../../cli/backtest/run.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { collect } from '../../collect.ts'
import { toFileRows } from './small-pipeline.ts'

const fromMs = Date.UTC(2026, 10, 2)
const minuteMs = 60_000
const stepMs = 10 * minuteMs
const random = makeRandom(11)
const pick = (count: number) => Math.floor(random() * count)
const countries = ['DE', 'FR', 'US']

/** Payments every ten minutes with their verdicts five hours or more later; every 17th sends the id of the one before again. */
const payments = Array.from({ length: 300 }, (_, at) => ({
  paymentId: at % 17 === 5 ? `p${at - 1}` : `p${at}`,
  sentAtMs: fromMs + at * stepMs,
  cardId: `c${pick(4)}`,
  shopId: `s${pick(3)}`,
  country: countries[pick(3)],
  amountCents: pick(10_000),
  decidedAtMs: fromMs + (at + 30 + pick(20)) * stepMs,
  isChargedBack: at % 5 === 0 ? 'yes' : 'no',
}))
const isFirst = ({ paymentId }: { readonly paymentId: string }, at: number) => paymentId === `p${at}`
/** Rows of the table, some of which take their key's row away, some in the millisecond of a payment. */
const limits = Array.from({ length: 60 }, (_, at) => ({
  cardId: `c${pick(4)}`,
  changedAtMs: fromMs + at * 5 * stepMs,
  limitCents: at % 7 === 3 ? null : 1_000 + pick(9_000),
}))
const logins = Array.from({ length: 100 }, (_, at) => ({
  atMs: fromMs + at * 3 * stepMs + pick(stepMs),
  cardId: `c${pick(4)}`,
  country: countries[pick(3)],
}))

const toFile = (name: string, rows: readonly unknown[], columns: Partial<InputFile> = {}) =>
  readInput(pipeline, { name, file: `${name}.ndjson`, rows: toFileRows(rows), ...columns }, { isSorted: true })
const limitsFile = () => toFile('limits', limits, { keyColumn: 'cardId', timeColumn: 'changedAtMs' })

async function run() {
  const rejected: string[] = []
  const outcome = await runBacktest({
    pipeline,
    entries: readHistory(pipeline, toFileRows(payments), { isSorted: true }).entries,
    inputs: [limitsFile(), toFile('logins', logins)],
    labelDelay: 'label time',
    trigger: makeRetrainTrigger({ firstAtRows: 1e9, everyMs: 1e15, everyRows: 1e9 }),
    onRejected: reason => rejected.push(reason),
  })
  return { outcome, rejected }
}

/** What preprocess sends of the same records, delivered one by one as they became known. */
async function runLive(): Promise<FeaturesRecord[]> {
  const sent: OutgoingRecord[] = []
  const state = makeWindowState({ plan: pipeline.windows!, store: memoryState(), nowMs: () => 0 })
  const step = makePreprocess({ pipeline, state, send: async records => void sent.push(...records) })
  const of = (name: string, rows: readonly object[], timeOf: (row: never) => number, change: Partial<KafkaRecord> = {}) =>
    rows.map((row, at) => ({
      order: name === 'events' ? 1 : 0, // what is of an event's millisecond is known to it
      record: makeRecord(row, { topic: `payments.${name}`, offset: at, recordedAtMs: timeOf(row as never), ...change }),
    }))
  const table = of('limits', limits, (row: (typeof limits)[number]) => row.changedAtMs).map(({ order, record }, at) => {
    const value = limits[at].limitCents === null ? null : record.value
    return { order, record: { ...record, value, key: Buffer.from(limits[at].cardId) } }
  })
  const verdicts = payments.filter(isFirst).toSorted((a, b) => a.decidedAtMs - b.decidedAtMs) // a row that is refused has no verdict
  const stream = [
    ...of('events', payments, (row: (typeof payments)[number]) => row.sentAtMs),
    ...of('labels', verdicts, (row: (typeof payments)[number]) => row.decidedAtMs),
    ...of('logins', logins, (row: (typeof logins)[number]) => row.atMs),
    ...table,
  ].sort((a, b) => a.record.recordedAtMs - b.record.recordedAtMs || a.order - b.order)
  for (const { record } of stream) await step([record])
  return sent.filter(({ topic }) => topic === 'payments.features').map(({ value }) => JSON.parse(String(value)))
}

describe('a backtest of a definition with inputs', () => {
  it('makes the features that preprocess makes of the same records, to the bit', async () => {
    const [{ outcome }, live] = [await run(), await runLive()]
    const rows = outcome.feedback.toTrainingRows({ windowMs: Number.POSITIVE_INFINITY, rowLimit: 1e6 })
    const made = Array.from(rows.atMs, (atMs, row) => [
      atMs,
      rows.features.map(({ values, categories }): FeatureValue => {
        const value = values[row]
        return Number.isNaN(value) ? null : (categories?.[value] ?? value)
      }),
    ])
    assert.ok(made.length > 200, `${made.length}`)
    const byTime = new Map(live.map(({ atMs, features }) => [atMs, features]))
    assert.deepEqual(
      made,
      made.map(([atMs]) => [atMs, byTime.get(atMs as number)]),
    )
    for (const name of ['shareOfLimit', 'loginCountry', 'isAbroad', 'loginsOfCard1h', 'chargedBackAtShop30d']) {
      const place = pipeline.features.findIndex(feature => feature.name === name)
      const values = new Set(live.map(({ features }) => features[place]))
      assert.ok(values.has(null) || name === 'loginsOfCard1h', `${name} is never null`)
      assert.ok(values.size > 2, `${name} has ${values.size} values`)
    }
  })
  it('counts an id that came before within the horizon as refused, as live', async () => {
    const { outcome, rejected } = await run()
    const repeats = payments.length - payments.filter(isFirst).length
    assert.deepEqual(rejected, new Array(repeats).fill('an event of this id came before'))
    assert.equal(outcome.predicted.rowCount, payments.length - repeats)
  })
  it('is refused without their files, with the flags that name them', async () => {
    const options = {
      pipeline,
      entries: readHistory(pipeline, toFileRows(payments), { isSorted: true }).entries,
      labelDelay: 'label time',
      trigger: makeRetrainTrigger({}),
    } as const
    const message =
      'features of payments hang on limits, logins: add --input limits=FILE --input logins=FILE, or --without-inputs to leave them null'
    await assert.rejects(runBacktest(options), { code: 'ARGUMENT_INVALID', message })
    await assert.rejects(runBacktest({ ...options, inputs: [limitsFile()] }), /hang on logins: add --input logins=FILE, or/)
    assert.deepEqual((await runBacktest({ ...options, withoutInputs: true })).missingInputs, ['limits', 'logins'])
  })
})

describe('readInput', () => {
  const read = async (name: string, rows: readonly unknown[], columns: Partial<InputFile> = {}, isSorted = true) => {
    const input = readInput(pipeline, { name, file: 'f.csv', rows: toFileRows(rows), ...columns }, { isSorted })
    const entries = await collect(input.entries)
    return { entries, counts: input.readCounts() }
  }
  const row = { key: 'c1', recordedAtMs: 5, limitCents: 100 }
  const login = { atMs: 1_000, cardId: 'c1', country: 'DE' }

  it('gives rows of a table at the time at which they were written, and takes a row away where all fields are empty', async () => {
    const { entries } = await read('limits', [row, { ...row, key: 7, recordedAtMs: '1970-01-01T00:00:01Z', limitCents: '' }])
    assert.deepEqual(
      entries.map(({ atMs, op }) => [atMs, op.rows]),
      [
        [5, [['c1', { limitCents: 100 }]]],
        [1_000, [['7', null]]],
      ],
    )
  })
  it('gives records of a stream at their own time, or at the time that a column says', async () => {
    assert.deepEqual((await read('logins', [login])).entries[0].atMs, 1_000)
    const { entries } = await read('logins', [{ ...login, seenAtMs: 9_000 }], { timeColumn: 'seenAtMs' })
    assert.deepEqual([entries[0].atMs, entries[0].op.atMs], [9_000, 1_000])
  })
  it('leaves out a record of a stream that is late by those before it only where the definition drops late ones', async () => {
    const hourMs = 3_600_000
    const rows = [
      { ...login, atMs: 5 * hourMs, seenAtMs: 1 },
      { ...login, seenAtMs: 2 },
    ]
    assert.equal((await read('logins', rows, { timeColumn: 'seenAtMs' })).entries.length, 2)
    const dropping = { ...pipeline, windows: { ...pipeline.windows!, lateness: { allowedMs: 2 * hourMs, later: 'drop' as const } } }
    const input = readInput(dropping, { name: 'logins', file: 'f.csv', rows: toFileRows(rows), timeColumn: 'seenAtMs' }, { isSorted: true })
    assert.equal((await collect(input.entries)).length, 1)
    assert.deepEqual(input.readCounts(), { rows: 2, rejected: { 'more than 7200000 ms older than the newest row before it': 1 } })
  })
  it('counts what the definition refuses, keys that are empty and times that are none', async () => {
    const { entries, counts } = await read('limits', [
      row,
      { ...row, limitCents: -1 },
      { ...row, key: '' },
      { ...row, recordedAtMs: 'soon' },
    ])
    assert.equal(entries.length, 1)
    assert.deepEqual(counts, {
      rows: 4,
      rejected: {
        'limitCents: too small: expected number to be >=0': 1,
        'key: the key is empty': 1,
        'recordedAtMs: no time in milliseconds or ISO 8601': 1,
      },
    })
  })
  it('checks the clocks of a stream where a column says when Kafka took the record', async () => {
    const rows = [login, { ...login, recordedAtMs: 1_000 }, { ...login, recordedAtMs: 40 * 86_400_000 }]
    const { counts } = await read('logins', rows)
    assert.match(Object.keys(counts.rejected).join(), /^sentAtMs: 3455999000 ms before Kafka took the record/)
  })
  it('sorts where it is told that rows are not in order', async () => {
    const { entries } = await read('logins', [{ ...login, atMs: 2_000 }, login], {}, false)
    assert.deepEqual(
      entries.map(({ atMs }) => atMs),
      [1_000, 2_000],
    )
  })
  const refusals: readonly [what: string, name: string, rows: readonly unknown[], message: RegExp][] = [
    ['a file without rows', 'limits', [], /f\.csv has no rows; leave input limits out with --without-inputs/],
    [
      'a table without its key or time',
      'limits',
      [{ cardId: 'c1', limitCents: 5 }],
      /f\.csv must have the columns key, recordedAtMs, it has cardId, limitCents; name others with --input-key limits=COLUMN/,
    ],
    ['a file in which every row is refused', 'logins', [{ ...login, country: 7 }], /input logins refuses every row of f\.csv: country: /],
    ['rows out of order', 'logins', [login, { ...login, atMs: 1 }], /f\.csv row 2 is of .* sort the file, or add --sort/],
  ]
  for (const [what, name, rows, message] of refusals) {
    it(`rejects ${what}`, () => assert.rejects(read(name, rows), { code: 'FILE_INVALID', message }))
  }
})
