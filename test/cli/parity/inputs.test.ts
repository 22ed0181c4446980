import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KafkaRecord } from '#functions/ports.ts'
import { definePipeline } from '#models/define.ts'
import { number, text, timeMs } from '#models/fields.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { flightCount, hour, minuteMs, namesWhere, runLive } from './live.ts'

const dayMs = 86_400_000
const byEventTime = { knowledge: 'event-time', lagMs: minuteMs } as const
const isDiffering = ({ equal, rows }: { readonly equal: number; readonly rows: number }) => equal < rows

const pipeline = definePipeline({
  name: 'flights',
  event: { flightId: text(), departedAtMs: timeMs(), origin: text(), destination: text(), distanceMiles: number() },
  id: 'flightId',
  time: 'departedAtMs',
  inputs: {
    gates: { fields: { gate: text() }, table: true, read: flight => flight.origin },
    weather: {
      fields: { atMs: timeMs(), airport: text(), wind: number() },
      time: 'atMs',
      join: { by: report => report.airport, read: flight => flight.origin, withinMs: 20 * minuteMs },
    },
  },
  aggregates: {
    meanWind: {
      over: 'weather',
      by: report => report.airport,
      read: flight => flight.origin,
      value: report => report.wind,
      stat: 'mean',
      windowMs: 60 * minuteMs,
    },
    departures: { over: 'events', by: flight => flight.origin, stat: 'count', windowMs: 60 * minuteMs },
  },
  features: {
    miles: flight => flight.distanceMiles,
    gate: { category: (_, { gates }) => gates?.gate ?? null },
    wind: (_, { weather }) => weather?.wind ?? null,
    isStormy: (_, { weather }) => Number((weather?.wind ?? 0) > 40),
    meanWind: (_flight, _rows, { meanWind }) => meanWind,
    departures: (_flight, _rows, { departures }) => departures,
  },
  label: {
    fields: { flightId: text(), landedAtMs: timeMs() },
    id: 'flightId',
    time: 'landedAtMs',
    isPositive: () => true,
    arrivesWithinMs: dayMs,
  },
  retrain: { everyMs: dayMs, windowMs: dayMs },
  decide: { positiveAtLeast: 0.5 },
})

const airports = ['JFK', 'ORD', 'SFO', 'LAX']

/** Gates of three days ago, of which one is never changed; new ones every seven minutes, some taken away. */
const gates = [...airports.map((airport, at) => ({ airport, gate: `old${at}`, recordedAtMs: hour - 3 * dayMs + at })), ...changes()].map(
  ({ airport, gate, recordedAtMs }, offset) =>
    makeRecord(gate === null ? null : { gate }, { topic: 'flights.gates', key: Buffer.from(airport), offset, recordedAtMs }),
)
function changes() {
  return Array.from({ length: 20 }, (_, at) => ({
    airport: airports[at % 3],
    gate: at % 6 === 4 ? null : `B${at}`,
    recordedAtMs: hour + at * 7 * minuteMs + 30_100,
  }))
}

/** A report of each airport every five minutes; every fifth arrives that much later than the second that it takes. */
function makeWeather(lateMs = 0): KafkaRecord[] {
  return Array.from({ length: 120 }, (_, at) => {
    const atMs = hour - 30 * minuteMs + at * 75_000
    const payload = { atMs, airport: airports[at % 4], wind: (at * 37) % 60 }
    return { payload, recordedAtMs: atMs + 1_000 + (at % 5 === 0 ? lateMs : 0) }
  })
    .sort((a, b) => a.recordedAtMs - b.recordedAtMs)
    .map(({ payload, recordedAtMs }, offset) => makeRecord(payload, { topic: 'flights.weather', offset, recordedAtMs }))
}

const run = (weather = makeWeather(), live = pipeline) => runLive({ live, inputs: [...gates, ...weather] })

/** A definition that says one more of a feature. */
function oneMore(name: string): Pipeline {
  const place = pipeline.features.findIndex(feature => feature.name === name)
  const toFeatures: Pipeline['toFeatures'] = (...known) =>
    pipeline.toFeatures(...known).map((value, at) => (at === place && typeof value === 'number' ? value + 1 : value))
  return { ...pipeline, toFeatures }
}

describe('parity of a definition with inputs', () => {
  it('is equal to the bit in rows of tables, joins and aggregates', async () => {
    const report = await (await run()).compare({}, { pipeline })
    assert.deepEqual([report.compared, report.equalRows], [flightCount, flightCount])
    assert.equal(report.features.length, 6)
  })
  it('is equal to the bit where records of a stream came late', async () => {
    const report = await (await run(makeWeather(13 * minuteMs))).compare({}, { pipeline })
    assert.deepEqual([report.compared, report.equalRows], [flightCount, flightCount])
  })
  it('finds a table row of days ago, which a slice of an hour hangs on', async () => {
    const { compare, archive } = await run()
    for (const key of await archive.list('flights.gates/'))
      if (key.includes('date=2026-11-20')) await archive.put(key, (await emptied(archive)).body)
    const report = await compare({}, { pipeline })
    assert.deepEqual(namesWhere(report, isDiffering), ['gate'])
    const [example] = report.features.find(({ name }) => name === 'gate')!.examples
    assert.match(String(example.logged), /^old\d$/)
    assert.equal(example.recomputed, null)
  })
  for (const name of ['wind', 'meanWind']) {
    it(`finds a ${name} that is another now`, async () => {
      for (const options of [{}, byEventTime]) {
        const report = await (await run()).compare(options, { pipeline: oneMore(name) })
        assert.deepEqual(
          namesWhere(report, ({ unexplained }) => unexplained > 200),
          [name],
        )
      }
    })
  }
  it('is explained by event time but for nothing, where records and rows came about when the event did', async () => {
    const report = await (await run()).compare(byEventTime, { pipeline })
    assert.equal(report.unexplainedRows, 0)
    assert.ok(report.equalRows > flightCount / 2, `${report.equalRows}`)
    assert.deepEqual(
      namesWhere(report, ({ unexplained }) => unexplained > 0),
      [],
    )
    const { notThereYet } = report.features.find(({ name }) => name === 'gate')!
    assert.ok(notThereYet > 0 && notThereYet < 40, `${notThereYet} gates`)
  })
  it('tells records of a stream that came after the prediction apart from what nothing explains', async () => {
    const report = await (await run(makeWeather(13 * minuteMs))).compare(byEventTime, { pipeline })
    assert.equal(report.unexplainedRows, 0)
    for (const name of ['wind', 'isStormy', 'meanWind']) {
      const { notThereYet } = report.features.find(feature => feature.name === name)!
      assert.ok(notThereYet > 0 && notThereYet < flightCount / 2, `${notThereYet} of ${name}`)
    }
  })
})

async function emptied(archive: Awaited<ReturnType<typeof run>>['archive']) {
  const [key] = (await archive.list('flights.gates/')).filter(name => !name.includes('date=2026-11-20'))
  return (await archive.get(key))!
}
