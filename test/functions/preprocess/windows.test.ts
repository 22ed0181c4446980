import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { memoryState } from '#functions/adapters/memory-state.ts'
import type { OutgoingRecord, StateStore } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { definePipeline } from '#models/define.ts'
import { number, text, timeMs } from '#models/fields.ts'
import { makeBreaker, makeRecord, stepChecks, toLine } from '../../checks/step-checks.ts'

const minuteMs = 60_000
const atMs = Date.UTC(2026, 10, 22)

const definition = {
  name: 'flights',
  event: { id: text(), atMs: timeMs(), airport: text({ max: 20_000 }), miles: number({ min: 0 }) },
  id: 'id',
  time: 'atMs',
  clean: { event: { miles: { default: 100, max: 1_000 } }, repeatsWithinMs: 60 * minuteMs },
  inputs: {
    gates: { fields: { gate: text() }, table: true, read: (event: { airport: string }) => event.airport },
    weather: {
      fields: { atMs: timeMs(), airport: text(), wind: number() },
      time: 'atMs',
      join: {
        by: (report: { airport: string }) => report.airport,
        read: (event: { airport: string }) => event.airport,
        withinMs: 30 * minuteMs,
      },
    },
  },
  filter: (event: { airport: string }) => event.airport !== 'closed',
  aggregates: {
    delay: {
      over: 'labels',
      by: (landing: { airport: string }) => landing.airport,
      read: (event: { airport: string }) => event.airport,
      value: (landing: { delay: number }) => (landing.delay === 13 ? assert.fail('unlucky') : landing.delay),
      stat: 'mean',
      windowMs: 60 * minuteMs,
    },
    gusts: {
      over: 'weather',
      by: (report: { airport: string }) => report.airport,
      read: (event: { airport: string }) => event.airport,
      value: (report: { wind: number }) => report.wind,
      stat: 'max',
      windowMs: 60 * minuteMs,
    },
    departures: { over: 'events', by: (event: { airport: string }) => event.airport, stat: 'count', windowMs: 60 * minuteMs },
  },
  lateness: { allowedMs: 30 * minuteMs, later: 'reject' },
  features: {
    miles: (event: { miles: number }) => event.miles,
    delay: (_event: unknown, _rows: unknown, { delay }: { delay: number | null }) => delay,
    departures: (_event: unknown, _rows: unknown, { departures }: { departures: number | null }) => departures,
    gate: { category: (_event: unknown, { gates }: { gates: { gate: string } | undefined }) => gates?.gate ?? null },
    wind: (_event: unknown, { weather }: { weather: { wind: number } | undefined }) => weather?.wind ?? null,
    gusts: (_event: unknown, _rows: unknown, { gusts }: { gusts: number | null }) => gusts,
  },
  label: {
    fields: { id: text(), atMs: timeMs(), airport: text(), delay: number() },
    id: 'id',
    time: 'atMs',
    isPositive: (landing: { delay: number }) => landing.delay > 15,
    arrivesWithinMs: minuteMs,
  },
  retrain: { everyMs: 1000, windowMs: 1000 },
  decide: { positiveAtLeast: 0.5 },
} as const
const pipeline = definePipeline(definition)

function open({ breakCall, store = memoryState() }: { readonly breakCall?: number; readonly store?: StateStore } = {}) {
  const sent: OutgoingRecord[] = []
  const mayBreak = makeBreaker(breakCall)
  const breaking = <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) => {
    return async (...args: Args) => {
      mayBreak()
      return call(...args)
    }
  }
  const port = {
    read: breaking(store.read),
    readAfter: breaking(store.readAfter),
    readLast: breaking(store.readLast),
    append: breaking(store.append),
    put: breaking(store.put),
    expire: breaking(store.expire),
  }
  const step = makePreprocess({
    pipeline,
    state: makeWindowState({ plan: pipeline.windows!, store: port, nowMs: () => atMs }),
    send: breaking(async records => void sent.push(...records)),
  })
  return { step, sent, written: () => sent.map(toLine) }
}

const event = (changes: object = {}, place: object = {}) => makeRecord({ id: 'f', atMs, airport: 'JFK', miles: 5, ...changes }, place)
const landing = (changes: object = {}, place: object = {}) =>
  makeRecord({ id: 'f', atMs: atMs - 10 * minuteMs, airport: 'JFK', delay: 20, ...changes }, { topic: 'flights.labels', ...place })
const good = [0, 1, 2, 3].map(at => event({ id: `f${at}` }, { partition: at >> 1, offset: at }))
const bad = [event({ id: 7 }, { offset: 10 }), makeRecord(Buffer.from('{'), { offset: 11 }), event({ airport: 'closed' }, { offset: 12 })]

stepChecks({ name: 'preprocess with windows', open, good, bad })

const featuresOf = (sent: readonly OutgoingRecord[]) => sent.map(({ value }) => JSON.parse(String(value)).features.slice(0, 3))

describe('preprocess with windows', () => {
  it('counts labels, and shows events what is known of their key', async () => {
    const { step, sent } = open()
    assert.deepEqual((await step([landing(), landing({ delay: 40 }, { offset: 1 })])).counts, { counted: 2 })
    assert.deepEqual(sent, [])
    const { counts } = await step([event(), event({ id: 'g', airport: 'ATL' }, { offset: 1 }), event({ id: 'h' }, { offset: 2 })])
    assert.deepEqual(counts, { accepted: 3, rejected: 0 })
    assert.deepEqual(featuresOf(sent), [
      [5, 30, 0],
      [5, null, 0],
      [5, 30, 1],
    ])
  })
  it('leaves labels alone that are broken, of the future, or on which a function throws', async () => {
    const { step } = open()
    const labels = [landing({ delay: null }), landing({ atMs: Date.UTC(2027, 0, 1) }, { offset: 1 }), landing({ delay: 13 }, { offset: 2 })]
    assert.deepEqual((await step(labels)).counts, { ignored: 3 })
  })
  it('sends the same features again for a batch that comes again, though labels came in between', async () => {
    const store = memoryState()
    const first = open({ store })
    await first.step([landing()])
    await first.step(good)
    await first.step([landing({ delay: 90 }, { offset: 1 })])
    const again = open({ store })
    assert.equal((await again.step(good.slice(1))).counts.repeated, 3)
    assert.deepEqual(again.written(), first.written().slice(1))
  })
  it('sends what was computed when sending had failed', async () => {
    const store = memoryState()
    const breakCalls = Array.from({ length: 14 }, (_, at) => at)
    const lines = new Set<string>()
    await open({ store }).step([landing()])
    for (const breakCall of breakCalls) {
      const { step, written } = open({ store, breakCall })
      await step(good).catch(() => {})
      await open({ store }).step([landing({ delay: breakCall }, { offset: 1 + breakCall })])
      for (const line of written()) lines.add(line)
    }
    assert.equal(lines.size, good.length)
  })
  it('rejects an event that is later than the lateness allows', async () => {
    const { step, sent } = open()
    const { counts } = await step([event(), event({ id: 'g', atMs: atMs - 31 * minuteMs }, { offset: 1 })])
    assert.deepEqual(counts, { lateDropped: 1, accepted: 1, rejected: 1 })
    assert.match(toLine(sent[1]), /millrace-code=EVENT_LATE .*more than 1800000 ms older/)
  })
  it('rejects an event of the future, which would empty the windows', async () => {
    const { step, sent } = open()
    await step([landing()])
    await step([event({ atMs: Date.UTC(2099, 0, 1) }), event({}, { offset: 1 })])
    assert.match(toLine(sent[0]), /EVENT_INVALID .*atMs: \d+ ms after Kafka took the record, at most 900000 are allowed/)
    assert.deepEqual(featuresOf(sent.slice(1)), [[5, 20, 0]])
  })
  it('counts the cleaning rules that changed something', async () => {
    const { step, sent } = open()
    const { counts } = await step([event({ miles: null }), event({ id: 'g', miles: 5_000 }, { offset: 1 })])
    assert.deepEqual([counts['clean.miles.default'], counts['clean.miles.max']], [1, 1])
    assert.deepEqual(
      featuresOf(sent).map(([miles]) => miles),
      [100, 1_000],
    )
  })
  it('keeps a key of 10 kB', async () => {
    const { step, sent } = open()
    const airport = 'k'.repeat(10_000)
    await step([event({ airport }), event({ id: 'g', airport }, { offset: 1 })])
    assert.deepEqual(
      featuresOf(sent).map(([, , departures]) => departures),
      [0, 1],
    )
  })
  it('rejects an id that came before, within the horizon and in its partition', async () => {
    const store = memoryState()
    await open({ store }).step([event()])
    const again = [
      event({}, { offset: 1 }),
      event({ atMs: atMs + 61 * minuteMs }, { offset: 2 }),
      event({ atMs: atMs + 62 * minuteMs }, { offset: 3 }),
    ]
    const { step, sent } = open({ store })
    await step(again)
    const expected = [/millrace-code=EVENT_REPEATED/, /"departures|"features/, /millrace-code=EVENT_REPEATED/]
    sent.forEach((record, at) => {
      assert.match(toLine(record), expected[at])
    })
    const { step: stepAgain, written } = open({ store })
    await stepAgain([event(), ...again])
    assert.match(written()[0], /"features"/)
    assert.deepEqual(written().slice(1), sent.map(toLine))
  })
})

describe('preprocess of a stream that is cut anywhere', () => {
  const anyEvents = fc.array(
    fc.record({
      id: fc.nat(30).map(String),
      atMs: fc.nat(25).map(minutes => atMs + minutes * minuteMs),
      airport: fc.constantFrom('JFK', 'ATL'),
    }),
    { minLength: 1, maxLength: 40 },
  )
  const anyCuts = fc.array(fc.record({ length: fc.integer({ min: 1, max: 12 }), back: fc.nat(6), isFresh: fc.boolean() }), {
    maxLength: 20,
  })

  it('sends the same of each record however batches are cut and repeated, by whichever function', async () => {
    const check = async (events: readonly object[], cuts: readonly { length: number; back: number; isFresh: boolean }[]) => {
      const records = events.map((changes, offset) => event(changes, { offset }))
      const whole = open()
      await whole.step([landing()])
      await whole.step(records)
      const store = memoryState()
      await open({ store }).step([landing()])
      const sent = new Map<number, string>()
      const deliver = async (from: number, to: number, { step, written }: ReturnType<typeof open>) => {
        const before = written().length
        await step(records.slice(from, to))
        written()
          .slice(before)
          .forEach((line, at) => {
            assert.equal(line, sent.get(from + at) ?? line)
            sent.set(from + at, line)
          })
      }
      let kept = open({ store })
      let done = 0
      for (const { length, back, isFresh } of cuts) {
        if (isFresh) kept = open({ store })
        await deliver(Math.max(0, done - back), Math.min(records.length, done + length), kept)
        done = Math.min(records.length, done + length)
      }
      await deliver(Math.max(0, done - 1), records.length, kept)
      assert.deepEqual(
        [...sent.entries()].sort(([a], [b]) => a - b).map(([, line]) => line),
        whole.written(),
      )
    }
    await fc.assert(fc.asyncProperty(anyEvents, anyCuts, check), { numRuns: 150 })
  })
})

describe('preprocess with other inputs', () => {
  const gate = (key: string, value: object | null, offset = 0) =>
    makeRecord(value, { topic: 'flights.gates', key: Buffer.from(key), offset })
  const report = (minutesBefore: number, wind: number, offset = 0) =>
    makeRecord({ atMs: atMs - minutesBefore * minuteMs, airport: 'JFK', wind }, { topic: 'flights.weather', offset })
  const joinedOf = (sent: readonly OutgoingRecord[]) => sent.map(({ value }) => JSON.parse(String(value)).features.slice(3))

  it('gives an event the latest row of a table, until it is taken away', async () => {
    const store = memoryState()
    const steps: [ReturnType<typeof gate>[], string | null][] = [
      [[], null],
      [[gate('JFK', { gate: 'B7' })], 'B7'],
      [[gate('JFK', { gate: 'A1' }, 1), gate('ATL', { gate: 'C3' }, 2)], 'A1'],
      [[gate('JFK', null, 3)], null],
    ]
    for (const [at, [records, expected]] of steps.entries()) {
      const { step, sent } = open({ store })
      await step(records)
      await step([event({ id: `f${at}` }, { offset: at })])
      assert.deepEqual(joinedOf(sent)[0][0], expected)
    }
  })
  it('takes rows of a table, which has no clock, where records may not be old', async () => {
    const strict = definePipeline({ ...definition, clean: { clock: { behindAtMostMs: minuteMs } } })
    const state = makeWindowState({ plan: strict.windows!, store: memoryState(), nowMs: () => atMs })
    const step = makePreprocess({ pipeline: strict, state, send: async () => {} })
    const now = { recordedAtMs: atMs }
    assert.deepEqual((await step([{ ...gate('JFK', { gate: 'B7' }), ...now }])).counts, { counted: 1 })
    assert.deepEqual((await step([{ ...report(20, 7), ...now }])).counts, { ignored: 1 })
  })
  it('gives an event the youngest record of its key in reach, and counts records in windows', async () => {
    const { step, sent } = open()
    await step([report(40, 90), report(20, 7, 1), report(29, 5, 2), report(-5, 60, 3)])
    await step([event()])
    assert.deepEqual(joinedOf(sent), [[null, 7, 90]])
  })
  it('leaves records alone that are not as declared', async () => {
    const { step } = open()
    const records = [
      gate('JFK', { gate: 7 }),
      makeRecord(null, { topic: 'flights.weather' }),
      makeRecord({}, { topic: 'flights.weather', offset: 1 }),
    ]
    assert.deepEqual((await step(records)).counts, { ignored: 3 })
  })
})
