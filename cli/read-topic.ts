import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { Admin, Kafka, KafkaMessage } from 'kafkajs'
import type { Header } from '#functions/adapters/kafka-batches.ts'
import { headersOf, openConsumer } from '#functions/adapters/kafka-wire.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'

/** A record as it stands in a topic: other than in what a step is given, a header's value may be null. */
export interface TopicRecord extends Omit<KafkaRecord, 'headers'> {
  readonly headers: readonly Header[]
}

/** Offsets from `low` on and before `high`. */
export interface Span {
  readonly low: number
  readonly high: number
}

export interface ReadTopicOptions {
  readonly kafka: Kafka
  readonly topic: string
  /** What to read of which partitions, as far as it is still there; all of them if absent. */
  readonly spans?: ReadonlyMap<number, Span>
  /** Gives up when nothing has come for so long. */
  readonly patienceMs?: number
  /** Told the share of the topic that was read, from 0 to 1. */
  readonly onRatio?: (ratio: number) => void
}

/**
 * Reads a topic from its beginning to where it ends now, each partition in its order, under a group of its own that is gone afterwards.
 *
 * Any codec is read, and headers are as they were written. Records of transactions that were not committed are left out.
 *
 * @throws SERVER_FAILED where the brokers stop answering
 * @example for await (const batch of readTopic({ kafka, topic: 'flights.rejected' })) console.log(batch.length)
 */
export async function* readTopic(options: ReadTopicOptions): AsyncGenerator<readonly TopicRecord[]> {
  const { kafka, topic, spans } = options
  const admin = kafka.admin()
  try {
    await admin.connect()
    const ends = await readEnds(admin, topic)
    const wanted = spans === undefined ? ends : clip(spans, ends)
    if (wanted.size > 0) yield* readSpans(options, admin, wanted, ends)
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('SERVER_FAILED', `topic ${topic} cannot be read: ${(cause as Error).message}`, { retryable: true, cause })
  } finally {
    await admin.disconnect()
  }
}

/** The record as a step is given it. */
export function toStepRecord({ headers, ...record }: TopicRecord): KafkaRecord {
  return { ...record, headers: headers.map(([name, value]) => [name, value ?? Buffer.alloc(0)] as const) }
}

/** Where each partition that holds anything begins and ends. */
async function readEnds(admin: Admin, topic: string): Promise<Map<number, Span>> {
  const offsets = await admin.fetchTopicOffsets(topic)
  const spans = offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }] as const)
  return new Map(spans.filter(([, { low, high }]) => high > low))
}

/** The part of each span that is there. */
function clip(spans: ReadonlyMap<number, Span>, ends: ReadonlyMap<number, Span>): Map<number, Span> {
  const clipped = [...spans].map(([partition, span]) => {
    const { low, high } = ends.get(partition) ?? { low: 0, high: 0 }
    return [partition, { low: Math.max(low, span.low), high: Math.min(high, span.high) }] as const
  })
  return new Map(clipped.filter(([, { low, high }]) => high > low))
}

async function* readSpans(
  { kafka, topic, patienceMs = 60_000, onRatio }: ReadTopicOptions,
  admin: Admin,
  spans: ReadonlyMap<number, Span>,
  ends: ReadonlyMap<number, Span>,
): AsyncGenerator<readonly TopicRecord[]> {
  const groupId = `millrace-read-${randomUUID()}`
  const consumer = openConsumer(kafka, {
    groupId,
    sessionTimeout: 60_000,
    rebalanceTimeout: 60_000,
    maxWaitTimeInMs: 100, // leaving waits for the last fetch
    // a broker that has just started does not know its groups yet; what ends a reading that is under way ends it
    retry: { restartOnFailure: async () => readCounts.size === 0 && !batches.destroyed },
  })
  const batches = new PassThrough({ objectMode: true, highWaterMark: 1 }) // a slow reader makes the consumer wait
  batches.on('error', () => {}) // before anybody reads: the reader is given it all the same
  const fail = (message: string, cause?: unknown) =>
    batches.destroy(new MillraceError('SERVER_FAILED', `topic ${topic} cannot be read: ${message}`, { retryable: true, cause }))
  const patience = setTimeout(() => fail(`nothing has come for ${patienceMs / 1_000} s`), patienceMs)

  const left = new Map(spans)
  const total = [...spans.values()].reduce((sum, { low, high }) => sum + high - low, 0)
  const readCounts = new Map<number, number>()
  // the last records of a partition may be a transaction's marks, which no batch shows: this event tells them too
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    const span = spans.get(partition)
    if (!span || batches.destroyed) return
    patience.refresh()
    readCounts.set(partition, Math.max(Math.min(Number(lastOffset) + 1, span.high) - span.low, readCounts.get(partition) ?? 0))
    onRatio?.([...readCounts.values()].reduce((sum, count) => sum + count, 0) / total)
    if (Number(lastOffset) + 1 < span.high) return
    left.delete(partition)
    if (left.size === 0) batches.end()
    else consumer.pause([{ topic, partitions: [partition] }])
  })
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => void (restart || fail(error.message, error)))
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const [partition, { low }] of ends) {
      const start = left.get(partition)?.low
      if (start === undefined) consumer.pause([{ topic, partitions: [partition] }])
      else if (start > low) consumer.seek({ topic, partition, offset: String(start) })
    }
  })

  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const { low, high } = left.get(batch.partition) ?? { low: 0, high: 0 }
        const next = low + (readCounts.get(batch.partition) ?? 0) // a rebalance begins anew
        const records = batch.messages
          .filter(({ offset }) => Number(offset) >= next && Number(offset) < high)
          .map(message => toRecord(topic, batch.partition, message))
        if (records.length === 0 || batches.writableEnded || batches.destroyed) return
        if (!batches.write(records)) await untilRead(batches)
      },
    })
    yield* batches
  } finally {
    clearTimeout(patience)
    batches.destroy()
    await consumer.disconnect()
    await admin.deleteGroups([groupId]).catch(() => {}) // it holds nothing, and the broker forgets it in time
  }
}

/** Waits until the reader has taken what was written, or reads no more. */
async function untilRead(batches: PassThrough): Promise<void> {
  const waiting = new AbortController()
  const { signal } = waiting
  await Promise.race([once(batches, 'drain', { signal }), once(batches, 'close', { signal })]).catch(() => {}) // a reader's error is told elsewhere
  waiting.abort()
}

function toRecord(topic: string, partition: number, message: KafkaMessage): TopicRecord {
  const { offset, timestamp, key, value } = message
  return { topic, partition, offset: Number(offset), recordedAtMs: Number(timestamp), key, value, headers: headersOf(message) }
}
