import kafkajs, { type Consumer, type LogEntry } from 'kafkajs'
import { headersOf, openConsumer } from '#functions/adapters/kafka-wire.ts'
import type { Mapping } from './mappings.ts'
import type { ConsumedRecord } from './msk-event.ts'
import type { Report } from './status.ts'

type Log = (level: Report['level'], message: string) => void

/** What a mapping's consumer tells its owner. */
export interface ConsumerEvents {
  /** The group gave these partitions; with `isNewMember` nothing of before may be relied on. */
  onAssigned(partitions: readonly number[], isNewMember: boolean): void
  onRecords(partition: number, records: readonly ConsumedRecord[]): void
  /** It has ended, by what it cannot mend itself. */
  onCrash(error: unknown): void
}

/** What a mapping's owner may do with its consumer. */
export type ConsumerPort = Pick<Consumer, 'pause' | 'resume' | 'commitOffsets' | 'disconnect'>

/** Makes a Kafka client whose own notes go to `log`, from warnings up; `retryCount` ends a wait for a broker, at most 3 s each. */
export function makeKafka(brokers: string, { log, retryCount }: { readonly log: Log; readonly retryCount: number }): kafkajs.Kafka {
  return new kafkajs.Kafka({
    clientId: 'millrace-event-source',
    brokers: brokers.split(','),
    logLevel: kafkajs.logLevel.WARN,
    // it calls an error what it will try again, the group's first use, a rebalance; a crash is reported by whoever starts it again
    logCreator: () => entry => log('warn', toMessage(entry)),
    retry: { initialRetryTime: 200, maxRetryTime: 3_000, retries: retryCount },
  })
}

const toMessage = ({ log }: LogEntry) => (log.error ? `kafka: ${log.message}: ${log.error}` : `kafka: ${log.message}`)

/** What a broker answers that has just started, or a group's first member. */
const isOfGroups = (error: Error & { readonly type?: string }) => /^(GROUP_LOAD_IN_PROGRESS|.*COORDINATOR.*)$/.test(error.type ?? '')

/**
 * Starts the consumer of a mapping's group; resolves when it has joined.
 *
 * Reading never waits for a function: records go to `onRecords` at once, so heartbeats go on however long an
 * invocation takes, and a full queue is paused instead.
 */
export async function startConsumer(kafka: kafkajs.Kafka, mapping: Mapping, events: ConsumerEvents): Promise<Consumer> {
  const { topic, groupId } = mapping
  let memberId: string | undefined
  const consumer = openConsumer(kafka, {
    groupId,
    // kafkajs would start again after some errors, and after others stay down: its owner does, but while the broker still loads its groups
    retry: { restartOnFailure: async error => memberId === undefined && isOfGroups(error) },
    sessionTimeout: 30_000, // an event loop busy for seconds keeps its partitions
    rebalanceTimeout: 60_000,
    heartbeatInterval: 3_000,
    maxBytesPerPartition: 1_048_576,
    maxBytes: 8_388_608,
    // a quiet topic is asked five times a second, a busy one answers in pieces worth their overhead
    minBytes: 131_072,
    maxWaitTimeInMs: 200,
    // nothing says what Lambda reads; Kafka's own default is the harder one for a function
    readUncommitted: true,
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const isNewMember = payload.memberId !== memberId
    memberId = payload.memberId
    events.onAssigned(payload.memberAssignment[topic] ?? [], isNewMember)
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => void (payload.restart || events.onCrash(payload.error)))
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: mapping.startsAt !== 'LATEST' })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) =>
      events.onRecords(
        batch.partition,
        batch.messages.map(message => ({ ...message, headers: headersOf(message) })),
      ),
  })
  return consumer
}
