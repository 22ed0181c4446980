import type { Kafka, Message, Producer, TopicMessages, Transaction } from 'kafkajs'
import { compressionTypes } from '#functions/adapters/kafka-compression.ts'
import { toSentHeaders } from '#functions/adapters/kafka-wire.ts'
import { MillraceError } from '#models/errors.ts'
import { readTopic } from './read-topic.ts'
import type { RedriveLedger, RedrivenRecord } from './redrive-records.ts'

/** A ledger that is to be closed. */
export interface OpenLedger extends RedriveLedger {
  /** Whether a topic is there, and how many partitions it has. */
  partitionCountOf(topic: string): number
  close(): Promise<void>
}

/** The topic that remembers what was put back. */
export const toLedgerTopic = (source: string) => `${source}.redriven`

/**
 * Opens the ledger of a topic of rejections, or of `<pipeline>.failures`: a compacted topic, made with the first redrive, that holds the
 * places of what was put back. Records and places go in one transaction, so a run that dies has put back a chunk and remembers it, or neither.
 *
 * All runs share one transactional id: a second run shuts out the first before it reads the ledger, so it knows all that the first has done.
 * With `isReadOnly` nothing is made, written or shut out.
 *
 * @throws SERVER_FAILED where the ledger cannot be made or read
 */
export async function openLedger(kafka: Kafka, source: string, options: { readonly isReadOnly: boolean }): Promise<OpenLedger> {
  const ledgerTopic = toLedgerTopic(source)
  try {
    return await open(kafka, ledgerTopic, options)
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    const message = `what was put back before cannot be looked up in ${ledgerTopic}, so nothing was: ${(cause as Error).message}`
    throw new MillraceError('SERVER_FAILED', message, { retryable: true, cause })
  }
}

async function open(kafka: Kafka, ledgerTopic: string, { isReadOnly }: { readonly isReadOnly: boolean }): Promise<OpenLedger> {
  const partitionCounts = await prepareTopics(kafka, ledgerTopic, isReadOnly)
  const producer = kafka.producer({ transactionalId: ledgerTopic, idempotent: true, maxInFlightRequests: 1, retry: { retries: 8 } })
  let transaction: Transaction | undefined
  if (!isReadOnly) {
    await producer.connect()
    transaction = await producer.transaction()
  }
  const done = new Set<string>()
  if (partitionCounts.has(ledgerTopic)) {
    for await (const batch of readTopic({ kafka, topic: ledgerTopic })) {
      for (const { value } of batch) for (const place of JSON.parse(String(value)) as string[]) done.add(place)
    }
  }
  return {
    has: place => done.has(place),
    partitionCountOf: topic => partitionCounts.get(topic) ?? 0,
    async putBack(records) {
      const current = transaction ?? (await producer.transaction())
      transaction = undefined
      const places = records.map(({ place }) => place)
      const mark = { topic: ledgerTopic, messages: [{ key: places[0], value: JSON.stringify(places) }] }
      try {
        await sendAll(current, [...toTopicMessages(records, partitionCounts), mark])
        await current.commit()
      } catch (error) {
        await current.abort().catch(() => {}) // the broker ends it too, in time
        throw error
      }
      for (const place of places) done.add(place)
    },
    async close() {
      if (!isReadOnly) await closeProducer(producer, transaction)
    },
  }
}

/** Partition counts of all topics, the ledger's made if it is missing. */
async function prepareTopics(kafka: Kafka, ledgerTopic: string, isReadOnly: boolean): Promise<ReadonlyMap<string, number>> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    if (!isReadOnly) {
      const configEntries = [{ name: 'cleanup.policy', value: 'compact' }]
      await admin.createTopics({ topics: [{ topic: ledgerTopic, numPartitions: 1, configEntries }], waitForLeaders: true })
    }
    const { topics } = await admin.fetchTopicMetadata()
    return new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
  } finally {
    await admin.disconnect()
  }
}

/** To the partition a record came from, which keeps its key's order whoever wrote it; by its key where that partition is not there. */
function toTopicMessages(records: readonly RedrivenRecord[], partitionCounts: ReadonlyMap<string, number>): TopicMessages[] {
  return [...Map.groupBy(records, ({ outgoing }) => outgoing.topic)].map(([topic, group]) => ({
    topic,
    messages: group.map(({ outgoing: { key, value, headers = [] }, partition }): Message => {
      const isThere = partition < (partitionCounts.get(topic) ?? 0)
      return { key, value, headers: toSentHeaders(headers), ...(isThere && { partition }) }
    }),
  }))
}

/** kafkajs does not wait for the marks of the transaction before: https://github.com/tulios/kafkajs/issues/1315 */
async function sendAll(transaction: Transaction, topicMessages: TopicMessages[]): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      // compressed, so that a record that came so and is larger than its topic takes otherwise fits again
      await transaction.sendBatch({ topicMessages, acks: -1, timeout: 20_000, compression: compressionTypes.gzip })
      return
    } catch (error) {
      if ((error as { readonly type?: string }).type !== 'CONCURRENT_TRANSACTIONS' || tries === 100) throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}

async function closeProducer(producer: Producer, transaction: Transaction | undefined): Promise<void> {
  await transaction?.abort()
  await producer.disconnect()
}
