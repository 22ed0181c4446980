import { memoryState } from '#functions/adapters/memory-state.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import { makeInfer } from '#functions/infer/infer.ts'
import type { KafkaRecord, OutgoingRecord } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { pipeline as ownPipeline } from '#models/pipeline.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { repeatJoin } from '#models/windows/plan.ts'
import type { ParityOptions } from '../../../cli/parity/options.ts'
import { type ParityReport, runParity } from '../../../cli/parity/run.ts'
import { makeRecord } from '../../checks/step-checks.ts'

/** The hour from which flights leave; they arrive in Kafka half a second later. */
export const hour = Date.UTC(2026, 10, 23, 5)
export const minuteMs = 60_000
export const flightCount = 400
const everyMs = 20_000
const partitionCount = 2
const airports = ['JFK', 'ORD', 'SFO', 'LAX']

/** The span in which all flights arrive. */
export const span = { fromMs: hour, toMs: hour + 3 * 60 * minuteMs }

export interface Landing {
  readonly at: number
  readonly landedAtMs: number
  readonly arrivedAtMs: number
}

/** A flight; `earlierMs` is how long before its record's time it says that it left. */
export function makeFlight(at: number, earlierMs = 0): KafkaRecord {
  const recordedAtMs = hour + at * everyMs + 500
  const departedAtMs = hour + at * everyMs - earlierMs
  const [origin, destination] = [airports[at % 4], airports[(at * 3 + 1) % 4]]
  const payload = { flightId: `f${at}`, departedAtMs, origin, destination, distanceMiles: 100 + ((at * 137) % 3_000) }
  const place = { partition: at % partitionCount, offset: Math.floor(at / partitionCount), recordedAtMs }
  return makeRecord(payload, { ...place, key: Buffer.from(`f${at}`) })
}

/** All flights; every seventh says that it left that much earlier than its record's time. */
export function makeFlights(earlierMs = 0): KafkaRecord[] {
  return Array.from({ length: flightCount }, (_, at) => makeFlight(at, at % 7 === 0 ? earlierMs : 0))
}

/** All landings; every ninth is known that much later. */
export function makeLandings(lateMs = 0): Landing[] {
  return Array.from({ length: flightCount }, (_, at) => makeLanding(at, at % 9 === 0 ? lateMs : 0))
}

/** Lands after half an hour or more, and is known two seconds after that. */
export function makeLanding(at: number, lateMs = 0): Landing {
  const landedAtMs = hour + at * everyMs + (30 + ((at * 7) % 20)) * minuteMs + ((at * 13) % 60) * 1_000
  return { at, landedAtMs, arrivedAtMs: landedAtMs + 2_000 + lateMs }
}

function toLabels(landings: readonly Landing[]): KafkaRecord[] {
  const nextOffset = new Map<number, number>()
  return landings
    .toSorted((a, b) => a.arrivedAtMs - b.arrivedAtMs)
    .map(({ at, landedAtMs, arrivedAtMs: recordedAtMs }) => {
      const { flightId, origin, destination } = JSON.parse(String(makeFlight(at).value))
      const partition = at % partitionCount
      const offset = nextOffset.get(partition) ?? 0
      nextOffset.set(partition, offset + 1)
      const label = { flightId, landedAtMs, origin, destination, delayMinutes: ((at * 31) % 97) - 20 }
      return makeRecord(label, { topic: 'flights.labels', partition, offset, recordedAtMs, key: Buffer.from(flightId) })
    })
}

export interface LiveOptions {
  /** The definition that ran live, where it is not the one that is compared with. */
  readonly live?: Pipeline
  readonly landings?: readonly Landing[]
  readonly flights?: readonly KafkaRecord[]
  /** Records of other inputs; those from before the hour are counted before it begins. */
  readonly inputs?: readonly KafkaRecord[]
  /** How long a batch of events gathers. */
  readonly batchMs?: number
}

/** Runs flights and landings through the live steps as their time comes; all of it is archived. */
export async function runLive({
  live = ownPipeline,
  landings = makeLandings(),
  flights = makeFlights(),
  inputs = [],
  batchMs = minuteMs,
}: LiveOptions = {}) {
  const state = memoryState()
  const archive = memoryStore()
  const archiveStep = makeArchive({ pipeline: live, store: archive, encode: encodeParquet })
  let nowMs = hour
  const features: OutgoingRecord[] = []
  const predictions: OutgoingRecord[] = []
  const take = (into: OutgoingRecord[], topic: string) => async (records: readonly OutgoingRecord[]) => {
    into.push(...records.filter(record => record.topic === topic))
  }
  // Two functions, each with windows of its own, that take turns.
  const workers = [0, 1].map(() =>
    makePreprocess({
      pipeline: live,
      send: take(features, 'flights.features'),
      ...(live.windows ? { state: makeWindowState({ plan: live.windows, store: state, nowMs: () => nowMs, snapshotEvery: 40 }) } : {}),
    }),
  )
  const infer = makeInfer({ pipeline: live, models: async () => ({}), send: take(predictions, 'flights.predictions'), nowMs: () => nowMs })
  const labels = toLabels(landings)
  const others = [...labels, ...inputs]
  const partitionsOf = (records: readonly KafkaRecord[]) => [
    ...Map.groupBy(records, ({ topic, partition }) => `${topic}-${partition}`).values(),
  ]
  let turn = 0
  let predictionCount = 0
  const predict = async () => {
    await infer(features.splice(0).map((record, offset) => toConsumed(record, offset, nowMs)))
    await archiveStep(predictions.splice(0).map(record => toConsumed(record, predictionCount++, nowMs)))
  }
  for (const batch of partitionsOf(others.filter(({ recordedAtMs }) => recordedAtMs <= hour - batchMs))) await workers[0](batch)
  for (; nowMs <= span.toMs; nowMs += batchMs) {
    const arrived = ({ recordedAtMs }: KafkaRecord) => recordedAtMs > nowMs - batchMs && recordedAtMs <= nowMs
    for (const batch of partitionsOf(others.filter(arrived))) await workers[turn++ % 2](batch)
    turn++
    await Promise.all(partitionsOf(flights.filter(arrived)).map((batch, at) => workers[(turn + at) % 2](batch))) // side by side
    await predict()
  }
  await archiveStep(flights)
  for (const batch of partitionsOf(others)) await archiveStep(batch)

  return {
    archive,
    state,
    flights,
    labels,
    /** Delivers these flights once more. */
    redeliver: async (records: readonly KafkaRecord[]) => {
      await workers[0](records)
      await predict()
    },
    compare: (options: Partial<ParityOptions> = {}, { pipeline = ownPipeline, stateStore = state } = {}): Promise<ParityReport> =>
      runParity(
        { pipeline, archive, state: stateStore },
        { ...span, knowledge: 'exact', sampleRatio: 1, tolerance: 0, lagMs: 10_000, ...options },
      ),
  }
}

function toConsumed({ topic, key, value }: OutgoingRecord, offset: number, recordedAtMs: number): KafkaRecord {
  return { topic, partition: 0, offset, recordedAtMs, key: Buffer.from(key ?? ''), value: Buffer.from(value ?? ''), headers: [] }
}

/** Features by what is said of them. */
export function namesWhere({ features }: ParityReport, isSo: (feature: ParityReport['features'][number]) => boolean): string[] {
  return features.filter(isSo).map(({ name }) => name)
}

/** A definition whose labels count a minute too early: an event sees what happens up to a minute after it. */
export function lookAhead(pipeline: Pipeline): Pipeline {
  const plan = pipeline.windows!
  const sources = plan.sources.map(source =>
    source.name === 'labels'
      ? { ...source, timeOf: (label: Readonly<Record<string, unknown>>) => source.timeOf(label) - minuteMs }
      : source,
  )
  return { ...pipeline, windows: { ...plan, sources } }
}

/** A definition that gives kilometres where miles are meant. */
export function inKilometres(pipeline: Pipeline): Pipeline {
  return {
    ...pipeline,
    toFeatures: (event, aggregates, rows) =>
      pipeline.toFeatures(event, aggregates, rows).map((value, at) => {
        return pipeline.features[at].name === 'distanceMiles' ? (value as number) * 1.609344 : value
      }),
  }
}

/** A definition that rejects an id which came within the hour before. */
export function withoutRepeats(pipeline: Pipeline): Pipeline {
  const plan = pipeline.windows!
  const source = plan.sources.findIndex(({ name }) => name === 'events')
  const read = (event: Readonly<Record<string, unknown>>) => pipeline.eventId(event)
  const join = { name: repeatJoin, source, by: read, read, beforeMs: 60 * minuteMs, afterMs: 0, row: () => true }
  const sources = plan.sources.map((each, at) => (at === source ? { ...each, joins: [join] } : each))
  return { ...pipeline, windows: { ...plan, sources, joins: [join], repeatAt: 0 } }
}
