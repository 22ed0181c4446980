import { memoryState } from '#functions/adapters/memory-state.ts'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import type { ModelsInService } from '#functions/bundles/models-in-service.ts'
import { writeBundle } from '#functions/bundles/registry.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import { type LayerNow, makeInfer } from '#functions/infer/infer.ts'
import type { KafkaRecord, OutgoingRecord } from '#functions/ports.ts'
import { makePreprocess } from '#functions/preprocess/preprocess.ts'
import { makeWindowState } from '#functions/state/window-state.ts'
import { pipeline as ownPipeline } from '#models/pipeline.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { prepareReplay, type ReplayOptions, type ReplayReport } from '../../../cli/replay/run.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { flight } from '../../fixtures.ts'
import { makeBundle } from '../../make-bundle.ts'

/** The hour in which the events of these tests arrive. */
export const hour = Date.UTC(2026, 10, 23, 5)
const hourMs = 3_600_000

/** A flight as it arrives: partition by its number, at one event a second. */
export function makeEvent(at: number, changes: Partial<KafkaRecord> = {}): KafkaRecord {
  const origin = ['JFK', 'ORD', 'SFO'][at % 3]
  const payload = {
    ...flight,
    flightId: `f${at}`,
    origin,
    distanceMiles: (at * 137) % 3_000,
    departedAtMs: flight.departedAtMs + at * 61_000,
  }
  const place = { partition: at % 2, offset: at >> 1, recordedAtMs: hour + at * 1_000 }
  return makeRecord(payload, { ...place, key: Buffer.from(`f${at}`), ...changes })
}

/** The landing of a flight, five minutes of event time and five seconds of arrival after it; every other one is late. */
export function makeLabel(at: number): KafkaRecord {
  const { partition, offset, recordedAtMs, value } = makeEvent(at)
  const { flightId, departedAtMs, origin, destination } = JSON.parse(String(value))
  const label = { flightId, landedAtMs: departedAtMs + 5 * 60_000, origin, destination, delayMinutes: (at % 2) * 40 }
  return makeRecord(label, { topic: 'flights.labels', partition, offset, recordedAtMs: recordedAtMs + 5_000, key: Buffer.from(flightId) })
}

/** The definition without its windows: features depend on the event alone, and aggregates are null. */
const withoutWindows: Pipeline = { ...ownPipeline, windows: undefined }

/** An archive in memory, filled by the live steps themselves. */
export async function openArchive({ pipeline = withoutWindows } = {}) {
  const versions = ['v1', 'v2', 'v3']
  const models = memoryStore()
  const archive = memoryStore()
  for (const version of versions) await writeBundle(models, makeBundle(version))
  const archiveStep = makeArchive({ pipeline, store: archive, encode: encodeParquet })
  const scorers = Object.fromEntries(
    await Promise.all(versions.map(async version => [version, await loadScorer(loadOnnx, makeBundle(version), pipeline.definition)])),
  )
  const plan = pipeline.windows
  const state = plan ? { state: makeWindowState({ plan, store: memoryState(), nowMs: () => hour }) } : {}
  /** What the topic of predictions holds: `<partition>-<offset of the event>` to the record's key and value. */
  const live = new Map<string, string>()
  let predictionOffset = 0

  return {
    models,
    archive,
    scorers,
    live,
    archiveEvents: (events: readonly KafkaRecord[]) => archiveStep(events),
    /** Lets the live windows count labels. */
    count: (labels: readonly KafkaRecord[]) => makePreprocess({ pipeline, send: async () => {}, ...state })(labels),
    /** Runs the live steps on a batch and archives what they predict; the events too, unless they are there already. */
    async predict(
      events: readonly KafkaRecord[],
      service: ModelsInService,
      scoredAtMs: number,
      { isArchived = true, layer }: { readonly isArchived?: boolean; readonly layer?: LayerNow } = {},
    ) {
      const features: OutgoingRecord[] = []
      const predictions: OutgoingRecord[] = []
      const take = (topic: string, into: OutgoingRecord[]) => async (records: readonly OutgoingRecord[]) => {
        into.push(...records.filter(record => record.topic === topic))
      }
      await makePreprocess({ pipeline, send: take('flights.features', features), ...state })(events)
      const infer = makeInfer({
        pipeline,
        models: async () => service,
        ...(layer && { layer }),
        send: take('flights.predictions', predictions),
        nowMs: () => scoredAtMs,
      })
      await infer(features.map((record, offset) => toRecord(record, offset, scoredAtMs)))
      for (const record of predictions) live.set(placeOf(record), `${record.key} ${record.value}`)
      await archiveStep(predictions.map(record => toRecord(record, predictionOffset++, scoredAtMs)))
      if (isArchived) await archiveStep(events)
    },
    /** Replays the hour, or what the options say. */
    async replay(options: Partial<ReplayOptions> = {}) {
      const sent: OutgoingRecord[] = []
      const ports = {
        pipeline,
        models,
        archive,
        load: loadOnnx,
        send: async (records: readonly OutgoingRecord[]) => void sent.push(...records),
        nowMs: () => 7,
      }
      const prepared = await prepareReplay(ports, { fromMs: hour, toMs: hour + hourMs, prefix: 'shadow', features: 'again', ...options })
      const report: ReplayReport = await prepared.run()
      const predicted = sent.filter(({ topic }) => topic === 'shadow.predictions')
      return { report, sent, replayed: new Map(predicted.map(record => [placeOf(record), `${record.key} ${record.value}`])) }
    },
  }
}

function toRecord({ topic, key, value }: OutgoingRecord, offset: number, recordedAtMs: number): KafkaRecord {
  return { topic, partition: 0, offset, recordedAtMs, key: Buffer.from(key ?? ''), value: Buffer.from(value ?? ''), headers: [] }
}

function placeOf({ value }: OutgoingRecord): string {
  const { source } = JSON.parse(String(value))
  return `${source.partition}-${source.offset}`
}
