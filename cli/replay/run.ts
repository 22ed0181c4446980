import type { Span } from '#functions/archived/hours.ts'
import { readPointer } from '#functions/bundles/registry.ts'
import type { LoadOnnx, ObjectStore, OutgoingRecord, SendRecords } from '#functions/ports.ts'
import type { Prediction } from '#functions/records.ts'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { toRecordCount } from '../progress.ts'
import { checkVersion } from '../registry/read-registry.ts'
import { type ArchiveReader, makeArchiveReader, toKafkaRecord } from './archive-reader.ts'
import { type Difference, makeDifference, type NowRecord } from './difference.ts'
import { findThen } from './find-then.ts'
import { type LoadedModels, loadModels } from './load-models.ts'
import { castOne, castThen, type PlannedBatch, planBatches } from './plan.ts'
import { type ArchivedRow, type FeatureSource, makeScoreAgain, toModelsInService, toPlace } from './score-again.ts'
import { readSlice } from './slice.ts'
import { readThenRecord } from './then-record.ts'
import { makeWindowFeed, type WindowFeed } from './window-feed.ts'

export interface ReplayPorts {
  readonly pipeline: Pipeline
  readonly models: Pick<ObjectStore, 'get' | 'list'>
  readonly archive: Pick<ObjectStore, 'get' | 'list'>
  readonly load: LoadOnnx
  /** Writes to the shadow topics. */
  readonly send: SendRecords
  readonly nowMs: () => number
}

export interface ReplayOptions extends Span {
  /** The name before the shadow topics' `.predictions` and `.rejected`. */
  readonly prefix: string
  /** The model that scores all; absent, the models of then. */
  readonly version?: string | undefined
  readonly features: FeatureSource
  readonly onProgress?: (replayed: number, total: number) => void
  readonly signal?: AbortSignal
}

/** What a replay did; `error` says why it was not all of the slice. */
export interface ReplayReport {
  /** Events of the slice. */
  readonly total: number
  readonly replayed: number
  readonly predictions: number
  readonly rejected: number
  /** Models that cannot serve any more and only ever scored beside the one that counted. */
  readonly gone: readonly string[]
  readonly difference: Difference
  readonly error: MillraceError | undefined
}

/** A replay that is ready: everything has been read and proved, and nothing sent. */
export interface PreparedReplay {
  readonly total: number
  run(): Promise<ReplayReport>
}

/**
 * Reads the slice and what was predicted then, and proves every model that is needed.
 *
 * @throws ARGUMENT_INVALID for an empty slice or an unknown model, FILE_INVALID for an object that is cut, BUNDLE_INVALID for a model that
 * cannot serve
 * @example const report = await (await prepareReplay(ports, { fromMs, toMs, prefix: 'shadow' })).run()
 */
export async function prepareReplay(ports: ReplayPorts, options: ReplayOptions): Promise<PreparedReplay> {
  const { pipeline, models } = ports
  const { version } = options
  if (version !== undefined) await checkVersion(models, pipeline.name, version)
  const archive = makeArchiveReader(ports.archive)
  const topics = { events: topicName(pipeline.name, 'events'), predictions: topicName(pipeline.name, 'predictions') }
  const slice = await readSlice(archive, topics.events, options)
  const found = await findThen(archive, topics, slice, options)
  const pointer = version === undefined ? (await readPointer(models, pipeline.name)).champion : null
  const batches = planBatches(slice, found, version === undefined ? castThen(pointer) : castOne(version))
  const feed = options.features === 'again' ? await makeWindowFeed(archive, pipeline, options) : undefined
  const loaded = await loadModels(ports, batches)
  return { total: slice.length, run: () => runBatches(ports, options, { archive, batches, loaded, feed }) }
}

interface Prepared {
  readonly archive: ArchiveReader
  readonly batches: readonly PlannedBatch[]
  readonly loaded: LoadedModels
  readonly feed: WindowFeed | undefined
}

async function runBatches(
  { pipeline, send, nowMs }: ReplayPorts,
  { prefix, version, features, onProgress, signal }: ReplayOptions,
  { archive, batches, loaded, feed }: Prepared,
): Promise<ReplayReport> {
  const scoreAgain = makeScoreAgain(pipeline, prefix, { features, isOfThen: version === undefined })
  const difference = makeDifference(loaded.gone)
  const total = batches.reduce((sum, { rows }) => sum + rows.length, 0)
  let [replayed, predictions, rejected] = [0, 0, 0]
  let error: MillraceError | undefined
  try {
    for (const { service, scoredAtMs, rows } of batches) {
      if (signal?.aborted) throw new MillraceError('SEND_FAILED', `stopped after ${toRecordCount(replayed)} of ${total}`)
      const archived = await readBatch(archive, pipeline, rows)
      const challengedKeys = archived.flatMap(({ past }) => (past?.prediction.arm === 'challenger' ? (past.key ?? []) : []))
      const models = toModelsInService(service, loaded, challengedKeys)
      const arrivedAtMs = Math.max(...rows.map(({ event }) => event.recordedAtMs))
      for await (const records of feed?.recordsUntil(arrivedAtMs) ?? []) await scoreAgain.feed(records)
      const scored = await scoreAgain.score(archived, models, scoredAtMs ?? nowMs())
      await send([...scored.predictions, ...scored.rejected])
      const bySource = new Map(scored.predictions.map(toNowRecord).map(now => [toPlace(now.prediction.source), now]))
      for (const { event, past } of archived) difference.add(past, bySource.get(toPlace(event)))
      replayed += rows.length
      predictions += scored.predictions.length
      rejected += scored.rejected.length
      onProgress?.(replayed, total)
    }
  } catch (thrown) {
    if (!(thrown instanceof MillraceError)) throw thrown
    error = thrown
  } finally {
    for (const scorer of loaded.scorers.values()) await scorer.release()
  }
  return { total, replayed, predictions, rejected, gone: [...loaded.gone], difference: difference.read(), error }
}

async function readBatch(archive: ArchiveReader, pipeline: Pipeline, rows: PlannedBatch['rows']): Promise<ArchivedRow[]> {
  const eventsTopic = topicName(pipeline.name, 'events')
  const archived: ArchivedRow[] = []
  for (const { event, past } of rows) {
    archived.push({
      event: toKafkaRecord(eventsTopic, await archive.rowAt(event)),
      past: past && readThenRecord(await archive.rowAt(past)),
    })
  }
  return archived
}

function toNowRecord(record: OutgoingRecord): NowRecord {
  return { record, prediction: JSON.parse(String(record.value)) as Prediction }
}
