import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { Admin, IHeaders, Kafka, KafkaMessage } from 'kafkajs'
import type { KafkaRecord } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'

export interface ReadTopicOptions {
  readonly kafka: Kafka
  readonly topic: string
  /** Gives up when nothing has come for so long. */
  readonly patienceMs?: number
  /** Told the share of the topic that was read, from 0 to 1. */
  readonly onRatio?: (ratio: number) => void
}

/**
 * Reads a topic from its beginning to where it ends now, each partition in its order, under a group of its own that is gone afterwards.
 *
 * Records of transactions that were not committed are left out.
 *
 * @throws SERVER_FAILED where the brokers stop answering
 * @example for await (const batch of readTopic({ kafka, topic: 'flights.rejected' })) console.log(batch.length)
 */
export async function* readTopic(options: ReadTopicOptions): AsyncGenerator<readonly KafkaRecord[]> {
  const { kafka, topic } = options
  const admin = kafka.admin()
  try {
    await admin.connect()
    const ends = await readEnds(admin, topic)
    if (ends.size > 0) yield* readUpTo(options, admin, ends)
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('SERVER_FAILED', `topic ${topic} cannot be read: ${(cause as Error).message}`, { retryable: true, cause })
  } finally {
    await admin.disconnect()
  }
}

/** Where each partition that holds anything begins and ends. */
async function readEnds(admin: Admin, topic: string): Promise<Map<number, { readonly low: number; readonly high: number }>> {
  const offsets = await admin.fetchTopicOffsets(topic)
  const spans = offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }] as const)
  return new Map(spans.filter(([, { low, high }]) => high > low))
}

async function* readUpTo(
  { kafka, topic, patienceMs = 60_000, onRatio }: ReadTopicOptions,
  admin: Admin,
  ends: ReadonlyMap<number, { readonly low: number; readonly high: number }>,
): AsyncGenerator<readonly KafkaRecord[]> {
  const groupId = `millrace-read-${randomUUID()}`
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 60_000,
    rebalanceTimeout: 60_000,
    maxWaitTimeInMs: 100, // leaving waits for the last fetch
    retry: { restartOnFailure: async () => false },
  })
  const batches = new PassThrough({ objectMode: true, highWaterMark: 1 }) // a slow reader makes the consumer wait
  const fail = (message: string, cause?: unknown) =>
    batches.destroy(new MillraceError('SERVER_FAILED', `topic ${topic} cannot be read: ${message}`, { retryable: true, cause }))
  const patience = setTimeout(() => fail(`nothing has come for ${patienceMs / 1_000} s`), patienceMs)

  const left = new Map(ends)
  const total = [...ends.values()].reduce((sum, { low, high }) => sum + high - low, 0)
  const readCounts = new Map<number, number>()
  // the last records of a partition may be a transaction's marks, which no batch shows: this event tells them too
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    const end = ends.get(partition)
    if (!end || batches.destroyed) return
    patience.refresh()
    readCounts.set(partition, Math.max(Math.min(Number(lastOffset) + 1, end.high) - end.low, readCounts.get(partition) ?? 0))
    onRatio?.([...readCounts.values()].reduce((sum, count) => sum + count, 0) / total)
    if (Number(lastOffset) + 1 < end.high) return
    left.delete(partition)
    if (left.size === 0) batches.end()
    else consumer.pause([{ topic, partitions: [partition] }])
  })
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => void fail(error.message, error))

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

function toRecord(topic: string, partition: number, { offset, timestamp, key, value, headers = {} }: KafkaMessage): KafkaRecord {
  return { topic, partition, offset: Number(offset), recordedAtMs: Number(timestamp), key, value, headers: toHeaderList(headers) }
}

/** kafkajs gathers headers of one name in a list. */
function toHeaderList(headers: IHeaders): KafkaRecord['headers'] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map(one => [name, Buffer.from(one ?? '')] as const),
  )
}
