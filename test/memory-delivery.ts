import type { ConsumerEvents } from '../localstack/event-source/consumer.ts'
import { type Delivery, type DeliveryPorts, startDelivery } from '../localstack/event-source/delivery.ts'
import { type Mapping, mappingDefaults } from '../localstack/event-source/mappings.ts'
import type { ConsumedRecord } from '../localstack/event-source/msk-event.ts'

interface MemoryDeliveryOptions
  extends Pick<DeliveryPorts, 'invoke'>,
    Partial<Pick<DeliveryPorts, 'envelope' | 'reading' | 'sendFailure' | 'report'>> {
  readonly mapping?: Partial<Mapping>
  /** The records of each partition, in their order. */
  readonly partitions: readonly (readonly ConsumedRecord[])[]
  /** Told of each commit: the next offset to read. */
  readonly onCommit?: (partition: number, nextOffset: number) => void
}

/** Next offsets, by partition; 0 for none. */
interface MemoryDelivery extends Delivery {
  readonly committed: readonly number[]
  /** Records that were there at the start. */
  readonly total: number
  /** Its consumer ends with this error. */
  crash(error: unknown): void
}

/** A delivery over partitions in memory: all but Kafka and Lambda is the real thing, and no failure waits for long. */
export async function startMemoryDelivery(options: MemoryDeliveryOptions): Promise<MemoryDelivery> {
  const { partitions, invoke, onCommit, envelope = { clusterArn: '', brokers: '' }, reading = 'from lowest' } = options
  const committed = partitions.map(() => 0)
  let events: ConsumerEvents | undefined
  const delivery = await startDelivery({
    mapping: { ...mappingDefaults, logicalId: 'Source', functionName: 'function', topic: 't', groupId: 'g', ...options.mapping },
    partitionCount: partitions.length,
    envelope,
    reading,
    invoke,
    sendFailure: options.sendFailure ?? (async () => {}),
    retryWaitMs: () => 1,
    restartWaitMs: () => 1,
    report: options.report ?? (() => {}),
    async startConsumer(given) {
      events = given
      given.onAssigned([...partitions.keys()], true)
      setImmediate(() => {
        for (const [partition, records] of partitions.entries()) {
          given.onRecords(
            partition,
            records.filter(({ offset }) => Number(offset) >= committed[partition]),
          )
        }
      })
      return {
        pause: () => () => {},
        resume: () => {},
        disconnect: async () => {},
        commitOffsets: async commits => {
          for (const { partition, offset } of commits) {
            onCommit?.(partition, Number(offset))
            committed[partition] = Number(offset)
          }
        },
      }
    },
  })
  return { ...delivery, committed, total: partitions.flat().length, crash: error => events?.onCrash(error) }
}

/** Waits until every record has succeeded, was given up or filtered, then stops. */
export async function settle(delivery: MemoryDelivery): Promise<void> {
  const isSettled = ({ records, discarded, filtered } = delivery.status()) => records + discarded + filtered === delivery.total
  while (!isSettled()) await new Promise(resolve => setImmediate(resolve))
  await delivery.stop()
}
