import { MillraceError } from '#models/errors.ts'
import { makeKafka, startConsumer } from './event-source/consumer.ts'
import { startDelivery } from './event-source/delivery.ts'
import { makeDestinationClients } from './event-source/destination-clients.ts'
import { type DestinationClients, makeFailureSender } from './event-source/destinations.ts'
import type { Invoke } from './event-source/invoke.ts'
import type { Mapping } from './event-source/mappings.ts'
import type { ItemFailureReading } from './event-source/outcome.ts'
import { placeGroup } from './event-source/starting-position.ts'
import type { MappingStatus, Report } from './event-source/status.ts'

export interface EventSourceOptions {
  /** Comma-separated, as Kafka's `bootstrap.servers`. */
  readonly brokers: string
  readonly clusterArn: string
  readonly mappings: readonly Mapping[]
  /** Runs a function; `withFaults` of test/chaos/ wraps it for fault runs. */
  readonly invoke: Invoke
  /** How a list of failed records is read; 'from lowest' if absent. */
  readonly itemFailureReading?: ItemFailureReading
  /** How long to wait after so many failures in a row; 0.2 s doubling to 20 s if absent. */
  readonly retryWaitMs?: (failureCount: number) => number
  /** What carries given-up records to their destinations; the emulator's services and the broker if absent. */
  readonly destinations?: DestinationClients
  readonly onReport?: (report: Report) => void
}

export interface EventSource {
  /** One entry a mapping, in the order they were given. */
  status(): MappingStatus[]
  /** Waits for the invocations in flight, commits what succeeded and leaves the groups; may be called twice. */
  stop(): Promise<void>
  /** Ends as if its process had died: nothing more is committed, what functions answer is not heard. It does leave its groups. */
  kill(): Promise<void>
}

/**
 * Starts what Lambda runs for a Kafka event source mapping, which no free emulator has: reads each mapping's topic,
 * invokes its function with batches under Lambda's rules (`event-source/rules.ts`), commits what succeeded.
 *
 * Resolves when every mapping has joined its group. Delivery is at least once, in order per partition. Throws
 * `SERVER_FAILED` when the brokers cannot be reached and `SETTING_INVALID` for a topic that does not exist.
 *
 * @example
 * const source = await startEventSource({ brokers, clusterArn, mappings, invoke: makeInvoke(makeDeliveryClient()) })
 * console.log(source.status())
 * await source.stop()
 */
export async function startEventSource(options: EventSourceOptions): Promise<EventSource> {
  const { brokers, clusterArn, mappings, invoke, itemFailureReading = 'from lowest', retryWaitMs, onReport } = options
  const partitionCounts = await prepare(brokers, mappings)
  const ownClients = options.destinations ? undefined : makeDestinationClients(makeKafka(brokers, { log: () => {}, retryCount: 5 }))
  const clients = options.destinations ?? ownClients!
  const starts = await Promise.allSettled(
    mappings.map(mapping => {
      const { functionName } = mapping
      const report = (level: Report['level'], message: string) => onReport?.({ level, functionName, message })
      for (const setting of mapping.unfollowed) report('warn', `${setting} of ${mapping.logicalId} is not followed here`)
      // a broker may be away for a minute before the consumer crashes, restarts and waits for its own old session to end
      const kafka = makeKafka(brokers, { log: report, retryCount: 25 })
      const envelope = { clusterArn, brokers }
      const { logicalId: mappingId, destination } = mapping
      return startDelivery({
        startConsumer: events => startConsumer(kafka, mapping, events),
        mapping,
        partitionCount: partitionCounts.get(mapping.topic) ?? 1,
        envelope,
        reading: itemFailureReading,
        invoke,
        ...(retryWaitMs && { retryWaitMs }),
        sendFailure: makeFailureSender({ mappingId, functionName, destination, envelope, clients }),
        report,
      })
    }),
  )
  const deliveries = starts.filter(start => start.status === 'fulfilled').map(start => start.value)
  const failed = starts.find(start => start.status === 'rejected')
  const stop = async () => {
    await Promise.all(deliveries.map(delivery => delivery.stop()))
    await ownClients?.close().catch(() => {}) // nothing is left to be sent
  }
  if (failed) {
    await stop()
    throw new MillraceError('SERVER_FAILED', `the event source could not join its groups at ${brokers}`, { cause: failed.reason })
  }
  let stopped: Promise<void> | undefined
  return {
    status: () => deliveries.map(delivery => delivery.status()),
    stop: () => {
      stopped ??= stop()
      return stopped
    },
    kill: async () => {
      await Promise.all(deliveries.map(delivery => delivery.kill()))
      await ownClients?.close().catch(() => {})
    },
  }
}

/** Puts new groups to their starting positions; gives the partition count of each topic. */
async function prepare(brokers: string, mappings: readonly Mapping[]): Promise<Map<string, number>> {
  const topics = [...new Set(mappings.map(mapping => mapping.topic))]
  const admin = makeKafka(brokers, { log: () => {}, retryCount: 5 }).admin()
  try {
    await admin.connect()
    const existing = await admin.listTopics()
    const missing = topics.filter(topic => !existing.includes(topic))
    if (missing.length > 0) {
      throw new MillraceError('SETTING_INVALID', `topics of the mappings must exist at ${brokers}, missing: ${missing.join(', ')}`)
    }
    for (const mapping of mappings) await placeGroup(admin, mapping)
    const metadata = await admin.fetchTopicMetadata({ topics })
    return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]))
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw new MillraceError('SERVER_FAILED', `the event source cannot reach Kafka at ${brokers}`, { retryable: true, cause: error })
  } finally {
    await admin.disconnect()
  }
}
