import { MillraceError } from '#models/errors.ts'
import { makeKafka } from './event-source/consumer.ts'
import { type Delivery, startDelivery } from './event-source/delivery.ts'
import type { Invoke } from './event-source/invoke.ts'
import type { Mapping } from './event-source/mappings.ts'
import type { MappingStatus, Report } from './event-source/status.ts'

export interface EventSourceOptions {
  /** Comma-separated, as Kafka's `bootstrap.servers`. */
  readonly brokers: string
  readonly clusterArn: string
  readonly mappings: readonly Mapping[]
  readonly invoke: Invoke
  readonly onReport?: (report: Report) => void
}

export interface EventSource {
  /** One entry a mapping, in the order they were given. */
  status(): MappingStatus[]
  /** Waits for the invocations in flight, commits what succeeded and leaves the groups; may be called twice. */
  stop(): Promise<void>
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
export async function startEventSource({ brokers, clusterArn, mappings, invoke, onReport }: EventSourceOptions): Promise<EventSource> {
  const partitionCounts = await readPartitionCounts(brokers, [...new Set(mappings.map(mapping => mapping.topic))])
  const starts = await Promise.allSettled(
    mappings.map(mapping => {
      const { functionName } = mapping
      const report = (level: Report['level'], message: string) => onReport?.({ level, functionName, message })
      for (const setting of mapping.unfollowed) report('warn', `${setting} of ${mapping.logicalId} is not followed here`)
      return startDelivery({
        // a broker may be away for a minute before the consumer crashes, restarts and waits for its own old session to end
        kafka: makeKafka(brokers, { log: report, retryCount: 25 }),
        mapping,
        partitionCount: partitionCounts.get(mapping.topic) ?? 1,
        envelope: { clusterArn, brokers },
        invoke,
        report,
      })
    }),
  )
  const deliveries = starts.filter(start => start.status === 'fulfilled').map(start => start.value)
  const failed = starts.find(start => start.status === 'rejected')
  if (failed) {
    await stopAll(deliveries)
    throw new MillraceError('SERVER_FAILED', `the event source could not join its groups at ${brokers}`, { cause: failed.reason })
  }
  let stopped: Promise<void> | undefined
  return {
    status: () => deliveries.map(delivery => delivery.status()),
    stop: () => {
      stopped ??= stopAll(deliveries)
      return stopped
    },
  }
}

async function stopAll(deliveries: readonly Delivery[]): Promise<void> {
  await Promise.all(deliveries.map(delivery => delivery.stop()))
}

async function readPartitionCounts(brokers: string, topics: string[]): Promise<Map<string, number>> {
  const admin = makeKafka(brokers, { log: () => {}, retryCount: 5 }).admin()
  try {
    await admin.connect()
    const existing = await admin.listTopics()
    const missing = topics.filter(topic => !existing.includes(topic))
    if (missing.length > 0) {
      throw new MillraceError('SETTING_INVALID', `topics of the mappings must exist at ${brokers}, missing: ${missing.join(', ')}`)
    }
    const metadata = await admin.fetchTopicMetadata({ topics })
    return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]))
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw new MillraceError('SERVER_FAILED', `the event source cannot reach Kafka at ${brokers}`, { retryable: true, cause: error })
  } finally {
    await admin.disconnect()
  }
}
