import type { OutgoingRecord, SendRecords } from '#functions/ports.ts'
import { topicName } from '#models/topics.ts'
import { corrupt } from './corrupt.ts'
import { turnLabels } from './drift.ts'
import { readFlights } from './flights.ts'
import { type LabelClock, paceByLabels, type Staleness } from './label-clock.ts'
import { merge, type RecordStream, type StreamRecord } from './merge.ts'
import { type Pace, paceByLag, paceBySpeed, realClock } from './pace.ts'

/** What has been published so far. */
export interface ReplayCounts {
  /** Records of topic `events`, the broken ones among them. */
  readonly eventsPublished: number
  readonly labelsPublished: number
  /** Broken events that were mixed in. */
  readonly corrupted: number
  /** The first and the latest event time that was published; null while there is none. */
  readonly firstAtMs: number | null
  readonly lastAtMs: number | null
  readonly seconds: number
  /** How far the windows over labels were behind; absent where nothing was held back for them. */
  readonly staleness?: Staleness
  /** The first departure whose label is turned round; null where none is. */
  readonly changedAtMs?: number | null
}

export interface ReplayTarget {
  readonly send: SendRecords
  readonly pipeline: { readonly name: string }
  /** Called when a chunk is in Kafka. */
  readonly onProgress?: (counts: ReplayCounts) => void
  /** Called when everything up to this event time is in Kafka; the replay waits for what it returns. */
  readonly onEventClock?: (atMs: number) => void | Promise<void>
  /** Stops the replay after the chunk under way. */
  readonly signal?: AbortSignal
}

export interface ReplayOptions extends ReplayTarget {
  /** Flights to publish: two records each. */
  readonly rowCount: number
  /** Broken events for each event, from 0 to 1; none if absent. */
  readonly corruptRatio?: number
  /** The share of the flights from which on labels are turned round; none are if absent. */
  readonly driftAt?: number
  /** Times real time; as fast as the stack takes it if absent. */
  readonly speed?: number
  /** The largest lag among the consumers of the hot path, in records. */
  readonly lag: () => Promise<number>
  /** Hold back while the lag is over this. */
  readonly maxLag?: number
  /** Hold events back until the labels due before them have been applied; needed where windows count labels. Not with `speed`. */
  readonly labelClock?: LabelClock | undefined
}

const corruptSeed = 7
const recordsPerChunk = 1_000
/**
 * Windows may be this far behind, in event time, when an event is published.
 *
 * A label is applied about 0.7 s after it was published, half a second of which is Lambda's batching window: at half an hour that
 * allows some 700 flights a second. What is still on its way then is mostly applied before the event is read.
 */
const staleAtMostMs = 30 * 60_000
/** With `speed`, what falls due within this time goes out together. */
const slotMs = 100

/**
 * Publishes real flights in event time: each as an event when it departs, its label when it is over.
 *
 * One chunk is in Kafka before the next is sent, so the order holds over all partitions but for the records of one chunk. A stopped
 * replay gives its counts so far.
 *
 * @example await replay({ send, pipeline, rowCount: 60_000, lag: async () => Math.max(...(await readLag(admin, groups)).map(g => g.lag)) })
 */
export async function replay(options: ReplayOptions): Promise<ReplayCounts> {
  const { rowCount, corruptRatio = 0, driftAt = 1 } = options
  const { flights, changedAtMs } = turnLabels(readFlights(rowCount), Math.floor(rowCount * driftAt))
  const counts = await publishPaced(corrupt(merge(flights), { ratio: corruptRatio, seed: corruptSeed }), options)
  return { ...counts, changedAtMs: changedAtMs() }
}

async function publishPaced(records: RecordStream, options: ReplayOptions): Promise<ReplayCounts> {
  const { speed, lag, maxLag = 6_000, signal = new AbortController().signal } = options
  if (speed !== undefined) {
    return publishChunks(cutChunks(records, speed * slotMs), paceBySpeed(speed, realClock(signal)), { ...options, signal })
  }
  const byLag = paceByLag({ lag, maxLag, signal })
  const { labelClock: clock } = options
  if (!clock) return publishChunks(cutChunks(records, Number.POSITIVE_INFINITY), byLag, { ...options, signal })
  const { pace, staleness } = paceByLabels({ clock, staleAtMostMs, next: byLag, signal })
  const onSent = (chunk: readonly StreamRecord[]) => clock.published(chunk[chunk.length - 1].atMs)
  const counts = await publishChunks(cutChunks(records, staleAtMostMs / 6), pace, { ...options, signal, onSent })
  return { ...counts, staleness: staleness() }
}

/** Records in chunks of at most a thousand, none of which reaches over a multiple of `spanMs` in event time. */
export async function* cutChunks(records: RecordStream, spanMs: number): AsyncGenerator<StreamRecord[]> {
  let chunk: StreamRecord[] = []
  for await (const record of records) {
    const isFull = chunk.length === recordsPerChunk
    if (isFull || (chunk.length > 0 && Math.floor(chunk[0].atMs / spanMs) !== Math.floor(record.atMs / spanMs))) {
      yield chunk
      chunk = []
    }
    chunk.push(record)
  }
  if (chunk.length > 0) yield chunk
}

/** Sends chunk after chunk, each when the pace allows it. */
export async function publishChunks(
  chunks: AsyncIterable<readonly StreamRecord[]> | Iterable<readonly StreamRecord[]>,
  pace: Pace,
  {
    send,
    pipeline,
    onProgress,
    onEventClock,
    onSent,
    signal,
  }: ReplayTarget & { readonly onSent?: (chunk: readonly StreamRecord[]) => Promise<void> },
): Promise<ReplayCounts> {
  const toOutgoing = toOutgoingOf(pipeline.name)
  const startMs = performance.now()
  const published = { event: 0, label: 0, broken: 0 }
  let firstAtMs: number | null = null
  let lastAtMs: number | null = null
  const counts = () => ({
    eventsPublished: published.event + published.broken,
    labelsPublished: published.label,
    corrupted: published.broken,
    firstAtMs,
    lastAtMs,
    seconds: (performance.now() - startMs) / 1_000,
  })

  for await (const chunk of chunks) {
    await pace(chunk)
    if (signal?.aborted) break
    await send(chunk.map(toOutgoing))
    await onSent?.(chunk)
    for (const { kind } of chunk) published[kind]++
    firstAtMs ??= chunk[0].atMs
    lastAtMs = chunk[chunk.length - 1].atMs
    onProgress?.(counts())
    await onEventClock?.(lastAtMs)
  }
  return counts()
}

function toOutgoingOf(pipelineName: string): (record: StreamRecord) => OutgoingRecord {
  const events = topicName(pipelineName, 'events')
  const topics = { event: events, broken: events, label: topicName(pipelineName, 'labels') }
  return ({ kind, key, value }) => ({ topic: topics[kind], key, value })
}
