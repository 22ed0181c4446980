import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { z } from 'zod'
import { memoryState } from '#functions/adapters/memory-state.ts'
import type { OutgoingRecord } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import type { FeaturesRecord } from '#functions/records.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { makeClean } from '#models/cleaning.ts'
import { definePipeline } from '#models/define.ts'
import { number, text, timeMs } from '#models/fields.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { makeRetrainTrigger } from '#models/policy/retrain-when.ts'
import { readHistory } from '../cli/backtest/history.ts'
import { readInput } from '../cli/backtest/input-history.ts'
import { runBacktest } from '../cli/backtest/run.ts'
import { toFileRow } from '../cli/file-row.ts'
import { makeRecord } from './checks/step-checks.ts'

const atMs = Date.UTC(2026, 10, 22)
/** All that an object has without being given it. */
const inherited = Object.getOwnPropertyNames(Object.prototype)
const hostile = fc.constantFrom(...inherited)
const letters = inherited.filter(name => /^[A-Za-z]+$/.test(name))
const hostileOfLetters = fc.constantFrom(...letters)

/** A definition in which a field, a lookup, an input, an aggregate and features have these names. */
function define(names: {
  readonly field: string
  readonly lookup: string
  readonly input: string
  readonly aggregate: string
  readonly feature: string
}) {
  const { field, lookup, input, aggregate, feature } = names
  const optional: z.ZodType = text().optional()
  const key = (event: Readonly<Record<string, unknown>>) => event.key as string
  return definePipeline({
    name: 'names',
    event: { id: text(), atMs: timeMs(), key: text(), [field]: optional },
    id: 'id',
    time: 'atMs',
    clean: { repeatsWithinMs: 1_000 },
    lookups: { [lookup]: { table: new Map([['constructor', 'by its key']]), by: 'key' } },
    inputs: { [input]: { fields: { value: number() }, table: true, read: key } },
    aggregates: { [aggregate]: { over: 'events', by: key, stat: 'count', windowMs: 3_600_000 } },
    features: {
      [feature]: { category: (event: Readonly<Record<string, unknown>>) => typeof event[field] },
      looked: { category: (_event: unknown, rows: Readonly<Record<string, unknown>>) => (rows[lookup] ?? null) as string | null },
      joined: (_event: unknown, rows: Readonly<Record<string, { value: number } | undefined>>) => rows[input]?.value ?? null,
      counted: (_event: unknown, _rows: unknown, aggregates: Readonly<Record<string, number | null>>) => aggregates[aggregate],
    },
    label: {
      fields: { id: text(), knownAtMs: timeMs(), [field]: optional },
      id: 'id',
      time: 'knownAtMs',
      isPositive: (label: Readonly<Record<string, unknown>>) => label[field] === undefined,
      arrivesWithinMs: 1_000,
    },
    trainer: { kind: 'logistic' },
    promoteWhen: { guardrails: { segmentBy: feature } },
    retrain: { everyMs: 1_000, windowMs: 1_000 },
    decide: { positiveAtLeast: 0.5 },
  } as never)
}

async function preprocess(pipeline: Pipeline, records: readonly ReturnType<typeof makeRecord>[]): Promise<FeaturesRecord[]> {
  const sent: OutgoingRecord[] = []
  const state = makeWindowState({ plan: pipeline.windows!, store: memoryState(), nowMs: () => atMs, snapshotEvery: 1 })
  const step = makePreprocess({ pipeline, state, send: async batch => void sent.push(...batch) })
  for (const record of records) await step([record])
  assert.deepEqual(new Set(sent.map(({ topic }) => topic)), new Set(['names.features']))
  return sent.map(({ value }) => JSON.parse(String(value)))
}

/** An object with a field of any name of its own, as JSON gives it. */
const withField = (value: object, name: string, content: unknown) =>
  JSON.parse(`${JSON.stringify(value).slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(content)}}`)

describe('names that every object has', () => {
  const anyNames = fc.record({
    field: hostileOfLetters,
    lookup: hostileOfLetters,
    input: hostileOfLetters,
    aggregate: hostileOfLetters,
    feature: hostileOfLetters,
  })

  it('are names as any other: of fields, there or not, lookups, inputs, aggregates, features, keys, ids', async () => {
    const check = async (names: Parameters<typeof define>[0], key: string, id: string, extra: string) => {
      fc.pre(names.lookup !== names.input)
      const pipeline = define(names)
      const event = { id, atMs, key }
      const of = (value: unknown, offset: number) =>
        makeRecord(Buffer.from(JSON.stringify(value)), { topic: 'names.events', offset, recordedAtMs: atMs })
      const row = makeRecord({ value: 5 }, { topic: `names.${names.input}`, key: Buffer.from(key) })
      const made = await preprocess(pipeline, [
        of(withField(event, extra === names.field ? 'other' : extra, 'x'), 0),
        row,
        of(withField({ ...event, id: `${id}2` }, names.field, 'there'), 1),
      ])
      const looked = key === 'constructor' ? 'by its key' : null
      assert.deepEqual(
        made.map(({ id, features }) => [id, features]),
        [
          [id, ['undefined', looked, null, 0]],
          [`${id}2`, ['string', looked, 5, 1]],
        ],
      )
    }
    await fc.assert(fc.asyncProperty(anyNames, hostile, hostile, hostile, check), { numRuns: 100 })
  })
  it('are such in a backtest, in rows, reasons and categories', async () => {
    const check = async (names: Parameters<typeof define>[0], key: string, extra: string) => {
      fc.pre(names.lookup !== names.input)
      const pipeline = define(names)
      const rows = async function* () {
        for (let at = 0; at < 3; at++) {
          const row = { id: `${extra}${at}`, atMs: atMs + at, key, knownAtMs: atMs + at, [names.field]: at === 2 ? 7 : null }
          if (at === 0) delete (row as Record<string, unknown>)[names.field]
          yield toFileRow(`row ${at}`, extra === names.field ? row : withField(row, extra, 'x'))
        }
      }
      const inputRows = async function* () {
        yield toFileRow('row 1', { key, recordedAtMs: atMs + 1, value: 5 })
      }
      const history = readHistory({ ...pipeline, history: { ...pipeline.history, eventFields: ['id'], labelFields: [] } }, rows(), {
        isSorted: true,
      })
      const input = readInput(pipeline, { name: names.input, file: 'f', rows: inputRows() }, { isSorted: true })
      const outcome = await runBacktest({
        pipeline,
        entries: history.entries,
        inputs: [input],
        labelDelay: { rows: 0 },
        trigger: makeRetrainTrigger({}),
      })
      assert.equal(outcome.predicted.rowCount, 1) // null and 7 are no texts
      assert.deepEqual(Object.values(history.readCounts().rejected), [1, 1])
      assert.ok(Object.keys(history.readCounts().rejected).every(reason => reason.startsWith(`event ${names.field}: `)))
    }
    await fc.assert(fc.asyncProperty(anyNames, hostile, hostile, check), { numRuns: 30 })
  })
  it('are refused of fields and lookups where an object cannot hold them', () => {
    const names = { field: 'toString', lookup: 'valueOf', input: 'a', aggregate: 'b', feature: 'c' }
    const message = /__proto__ must have another name; a field that comes so is read by clean/
    assert.throws(() => define({ ...names, field: '__proto__' }), { code: 'DEFINITION_INVALID', message })
    assert.throws(() => define({ ...names, lookup: '__proto__' }), { code: 'DEFINITION_INVALID', message })
  })
  it('may be where a cleaned field comes from', () => {
    const clean = makeClean('clean.event', { field: { from: '__proto__' } }, ['field'])
    assert.deepEqual(clean(JSON.parse('{"__proto__":"x"}')), { ...JSON.parse('{"__proto__":"x"}'), field: 'x' })
    assert.deepEqual(clean({}), {})
  })
})
