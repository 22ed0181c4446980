import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryState } from '#functions/adapters/memory-state.ts'
import type { MillraceError } from '#models/errors.ts'
import { pipeline } from '#models/pipeline.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import type { ParityReport } from '../../../cli/parity/run.ts'
import { checkEqual } from '../../../cli/parity.ts'
import {
  flightCount,
  hour,
  inKilometres,
  type Landing,
  lookAhead,
  makeFlight,
  makeFlights,
  makeLandings,
  minuteMs,
  namesWhere,
  runLive,
  span,
  withoutRepeats,
} from './live.ts'

const overLabels = pipeline.features.map(({ name }) => name).filter(name => /^(delay|late)Of/.test(name))
const differing = { equal: 0, rows: 1 }
const isDiffering = ({ equal, rows }: typeof differing) => equal < rows
/** By event time, with batches that gather for a minute. */
const byEventTime = { knowledge: 'event-time', lagMs: minuteMs } as const

/** What the command says of the report as it ends: undefined where nothing is wrong. */
function refusalOf(report: ParityReport): string | undefined {
  try {
    checkEqual(report)
    return undefined
  } catch (error) {
    return (error as MillraceError).code
  }
}

/** The first landings are known half an hour after they were. */
function delayFirst(landing: Landing, at: number): Landing {
  return at < 20 ? { ...landing, arrivedAtMs: landing.arrivedAtMs + 30 * minuteMs } : landing
}

describe('parity with what each event had seen', () => {
  it('is equal to the bit in every feature, however the functions took turns', async () => {
    const { compare } = await runLive()
    const report = await compare()
    assert.deepEqual([report.compared, report.equalRows, report.lookAhead], [flightCount, flightCount, null])
    assert.deepEqual(namesWhere(report, isDiffering), [])
    assert.equal(report.features.length, pipeline.features.length)
    assert.deepEqual([report.unexplainedRows, refusalOf(report)], [0, undefined])
  })
  it('is equal to the bit where labels came late, and where batches came again', async () => {
    const landings = makeLandings(12 * minuteMs)
    const { compare, redeliver, flights } = await runLive({ landings })
    await redeliver(flights.slice(100, 180).filter(({ partition }) => partition === 0))
    const report = await compare()
    assert.deepEqual([report.compared, report.equalRows], [flightCount, flightCount])
  })
  for (const [later, refused] of [
    ['amend', 0],
    ['drop', 0],
    ['reject', 57],
  ] as const) {
    it(`is equal to the bit where late records are to ${later}`, async () => {
      const strict: Pipeline = { ...pipeline, windows: { ...pipeline.windows!, lateness: { allowedMs: 5 * minuteMs, later } } }
      const live = { live: strict, landings: makeLandings(12 * minuteMs), flights: makeFlights(15 * minuteMs) }
      const report = await (await runLive(live)).compare({}, { pipeline: strict })
      assert.deepEqual([report.compared, report.equalRows, report.notPredicted], [flightCount - refused, flightCount - refused, refused])
    })
  }
  it('is equal to the bit where repeats of an id are rejected', async () => {
    const flights = makeFlights()
    const repeated = flights.map((record, at) => (at % 10 === 4 ? { ...record, value: flights[at - 2].value } : record))
    const once = withoutRepeats(pipeline)
    const report = await (await runLive({ live: once, flights: repeated })).compare({}, { pipeline: once })
    assert.deepEqual([report.compared, report.equalRows, report.notPredicted], [360, 360, 40])
  })
  it('is equal to the bit for a slice of them, and for a sample', async () => {
    const { compare } = await runLive()
    const slice = { fromMs: hour + 90 * minuteMs, toMs: hour + 110 * minuteMs }
    const late = await compare(slice)
    assert.deepEqual([late.events, late.compared, late.equalRows], [60, 60, 60])
    const short = await compare({ ...slice, historyMs: 30 * minuteMs })
    assert.ok(short.unexplainedRows > 0, 'what windows hold from before the history is missing')
    const sample = await compare({ sampleRatio: 0.25 })
    assert.equal(sample.events, flightCount)
    assert.ok(sample.sampled > 60 && sample.sampled < 140, `${sample.sampled} of 400`)
    assert.deepEqual([sample.compared, sample.equalRows], [sample.sampled, sample.sampled])
  })
  it('finds features that saw labels of up to a minute after the event: which, on how many rows, how far', async () => {
    const { compare } = await runLive({ live: lookAhead(pipeline) })
    const report = await compare()
    assert.deepEqual(namesWhere(report, isDiffering), overLabels)
    assert.deepEqual(
      namesWhere(report, ({ unexplained }) => unexplained > 100),
      overLabels,
    )
    assert.ok(report.unexplainedRows > 100 && report.unexplainedRows < flightCount)
    const of = report.features.reduce((sum, { unexplained }) => sum + unexplained, 0)
    assert.deepEqual(report.lookAhead, { aheadMs: minuteMs, values: of, of })
    const delay = report.features.find(({ name }) => name === 'delayOfLeftOrigin1h')!
    assert.ok(delay.meanGap! > 0.5 && delay.maxGap! >= delay.meanGap!)
    assert.deepEqual(
      delay.examples.map(({ isExplained }) => isExplained),
      [false, false, false],
    )
    assert.equal(refusalOf(report), 'FEATURES_DIFFER')
    assert.throws(() => checkEqual(report), {
      code: 'FEATURES_DIFFER',
      message: /^\d+ rows differ without an explanation, in delayOfLeftOrigin1h, .* and 19 more$/,
    })
  })
  it('finds a feature of another unit: which, on how many rows, how far', async () => {
    const { compare } = await runLive({ live: inKilometres(pipeline) })
    const report = await compare()
    assert.deepEqual(namesWhere(report, isDiffering), ['distanceMiles'])
    const { unexplained, meanGap, examples } = report.features.find(({ name }) => name === 'distanceMiles')!
    const miles = Array.from({ length: flightCount }, (_, at) => JSON.parse(String(makeFlight(at).value)).distanceMiles as number)
    const wanted = (0.609344 * miles.reduce((sum, distance) => sum + distance)) / flightCount
    assert.equal(unexplained, flightCount)
    assert.ok(Math.abs(meanGap! - wanted) < 1e-9, `${meanGap} is not ${wanted}`)
    assert.deepEqual([examples[0].id, examples[0].logged, examples[0].recomputed], ['f0', 100 * 1.609344, 100])
    assert.equal(report.lookAhead, null)
  })
  it('takes numbers no further apart than the tolerance as the same', async () => {
    const { compare } = await runLive({ live: inKilometres(pipeline) })
    const report = await compare({ tolerance: 5_000 })
    const { withinTolerance, unexplained } = report.features.find(({ name }) => name === 'distanceMiles')!
    assert.deepEqual([withinTolerance, unexplained, report.unexplainedRows], [flightCount, 0, 0])
    assert.equal(refusalOf(report), undefined)
  })
  it('leaves out events whose entry the state table has forgotten', async () => {
    const { compare, state } = await runLive()
    const isKept = ({ log, number }: { readonly log: string; readonly number: number }) => !log.endsWith('flights.events-0') || number > 60
    const stateStore = { ...state, read: async (places: Parameters<typeof state.read>[0]) => (await state.read(places)).filter(isKept) }
    const report = await compare({}, { stateStore })
    assert.ok(report.forgotten > 50 && report.forgotten < flightCount / 2, `${report.forgotten}`)
    assert.deepEqual([report.compared, report.equalRows], [flightCount - report.forgotten, flightCount - report.forgotten])
  })
  it('leaves out events that had seen what the archive does not hold yet', async () => {
    const { compare, archive } = await runLive()
    for (const key of await archive.list('flights.labels/')) {
      if (key.includes('hour=07')) await archive.put(key, (await archive.get((await archive.list('flights.labels/'))[0]))!.body)
    }
    const report = await compare()
    assert.ok(report.notArchived > 10, `${report.notArchived}`)
    assert.deepEqual([report.compared, report.equalRows], [flightCount - report.notArchived, flightCount - report.notArchived])
  })
  it('rejects a slice of which the state table knows nothing', async () => {
    const { compare } = await runLive()
    await assert.rejects(compare({}, { stateStore: memoryState() }), {
      code: 'ARGUMENT_INVALID',
      message: 'none of 400 events can be compared: 400 are no longer in the state table: compare them with --knowledge event-time',
    })
  })
})

describe('parity by event time', () => {
  it('is equal but for what was not there yet', async () => {
    const report = await (await runLive()).compare(byEventTime)
    assert.equal(report.unexplainedRows, 0)
    assert.ok(report.equalRows > flightCount / 2, `${report.equalRows}`)
    // Only the two partitions of one minute see each other otherwise.
    assert.deepEqual(namesWhere(report, isDiffering), ['departuresAtDestination1h'])
  })
  it('tells labels that came after the prediction apart from what nothing explains', async () => {
    const landings = makeLandings(12 * minuteMs)
    const { compare } = await runLive({ landings })
    const report = await compare(byEventTime)
    assert.deepEqual(
      namesWhere(report, ({ notThereYet }) => notThereYet > 50).filter(name => name !== 'departuresAtDestination1h'),
      overLabels,
    )
    assert.deepEqual([report.unexplainedRows, report.equalRows < flightCount, refusalOf(report)], [0, true, undefined])
  })
  it('explains a feature that only asks whether there is a label', async () => {
    const place = pipeline.features.findIndex(({ name }) => name === 'delayOfLeftOrigin1h')
    const toFeatures: Pipeline['toFeatures'] = (event, aggregates) => {
      const isMissing = Number((aggregates?.delayOfLeftOrigin1h ?? null) === null)
      return pipeline.toFeatures(event, aggregates).map((value, at) => (at === place ? isMissing : value))
    }
    const asking = { ...pipeline, toFeatures }
    const { compare } = await runLive({ live: asking, landings: makeLandings().map(delayFirst) })
    const { notThereYet, unexplained } = (await compare(byEventTime, { pipeline: asking })).features[place]
    assert.ok(notThereYet > 0)
    assert.equal(unexplained, 0)
  })
  it('does not blame the definition for windows that a label from the future had emptied', async () => {
    const landings = makeLandings().map((landing, at) =>
      at === 0 ? { ...landing, landedAtMs: landing.landedAtMs + 20 * 60 * minuteMs } : landing,
    )
    const live = { ...pipeline, clockSkew: () => undefined } // a definition that lets clocks run ahead
    const report = await (await runLive({ landings, live })).compare(byEventTime, { pipeline: live })
    assert.equal(report.unexplainedRows, 0)
    assert.deepEqual(
      namesWhere(report, ({ notThereYet }) => notThereYet > flightCount / 2),
      overLabels,
    )
  })
  it('finds events that count themselves', async () => {
    const place = pipeline.features.findIndex(({ name }) => name === 'departuresAtOrigin1h')
    const toFeatures: Pipeline['toFeatures'] = (event, aggregates) => {
      return pipeline.toFeatures(event, aggregates).map((value, at) => (at === place ? (value as number) + 1 : value))
    }
    const report = await (await runLive({ live: { ...pipeline, toFeatures } })).compare(byEventTime)
    assert.deepEqual([report.features[place].unexplained, report.features[place].maxGap], [flightCount, 1]) // one origin, one partition
  })
  it('finds the look-ahead without the state table', async () => {
    const report = await (await runLive({ live: lookAhead(pipeline) })).compare(byEventTime, { stateStore: memoryState() })
    assert.deepEqual(
      namesWhere(report, ({ unexplained }) => unexplained > 50),
      overLabels,
    )
    assert.equal(report.lookAhead?.aheadMs, minuteMs)
    assert.equal(report.lookAhead?.values, report.lookAhead?.of)
  })
  it('finds the look-ahead among labels that came late', async () => {
    const landings = makeLandings(12 * minuteMs)
    const report = await (await runLive({ live: lookAhead(pipeline), landings })).compare(byEventTime)
    assert.deepEqual(
      namesWhere(report, ({ unexplained }) => unexplained > 20),
      overLabels,
    )
    assert.equal(report.lookAhead?.aheadMs, minuteMs)
  })
})

describe('parity', () => {
  it('of a definition without windows needs no state table', async () => {
    const alone: Pipeline = { ...pipeline, windows: undefined }
    const { compare } = await runLive({ live: alone })
    const report = await compare({}, { pipeline: alone, stateStore: memoryState() })
    assert.deepEqual([report.compared, report.equalRows], [flightCount, flightCount])
    const wrong = await compare({}, { pipeline: inKilometres(alone), stateStore: memoryState() })
    assert.deepEqual([namesWhere(wrong, isDiffering), wrong.unexplainedRows], [['distanceMiles'], flightCount])
  })
  it('finds events that were predicted and are refused now', async () => {
    const { compare } = await runLive()
    const strict: Pipeline = { ...pipeline, isScored: event => event.origin !== 'JFK' }
    const report = await compare(byEventTime, { pipeline: strict })
    assert.equal(report.refusedNow, flightCount / 4)
    assert.throws(() => checkEqual({ ...report, unexplainedRows: 0, features: [] }), {
      code: 'FEATURES_DIFFER',
      message: '100 events that were predicted are refused now',
    })
  })
  it('leaves out predictions of another feature layout', async () => {
    const { compare } = await runLive()
    await assert.rejects(compare({}, { pipeline: { ...pipeline, definition: '0123456789abcdef' } }), {
      message: 'none of 400 events can be compared: 400 were predicted by another feature layout',
    })
  })
  it('rejects a span in which nothing arrived', async () => {
    const { compare } = await runLive()
    await assert.rejects(compare({ fromMs: span.toMs, toMs: span.toMs + minuteMs }), {
      code: 'ARGUMENT_INVALID',
      message: /no record of flights\.events that arrived .* is archived; change --from or --to/,
    })
  })
  it('rejects an object of the archive that is cut', async () => {
    const { compare, archive } = await runLive()
    const [key] = await archive.list('flights.labels/')
    await archive.put(key, (await archive.get(key))!.body.subarray(0, 100))
    await assert.rejects(compare(), { code: 'FILE_INVALID', message: new RegExp(`archive object ${key} cannot be read`) })
  })
  it('rejects to go on when it is stopped', async () => {
    const { compare } = await runLive()
    const stopping = new AbortController()
    await assert.rejects(compare({ signal: stopping.signal, onProgress: done => done === 7 && stopping.abort() }), {
      message: 'stopped after 7 of 400 events',
    })
  })
})
