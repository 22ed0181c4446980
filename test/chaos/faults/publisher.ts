import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { CompressionTypes, type Kafka, type Producer } from 'kafkajs'
import { cutByBytes } from '#functions/adapters/cut-by-bytes.ts'
import type { SendRecords } from '#functions/ports.ts'
import type { FaultTally } from './tally.ts'

/** How far off the clock of a record is while that fault is on, at most. */
const clockOffAtMostMs = 600_000
const retryMs = 500

/** Publishes at least once, whatever happens to the broker. */
export interface Publisher {
  readonly send: SendRecords
  /** Chunks that had to be sent again: their records may be in the topic twice. */
  resentCount(): number
  close(): Promise<void>
}

/** Lets the producers' clocks stamp the records of these topics, as topics of another owner may: the broker's would hide that one is off. */
export async function stampByProducers(kafka: Kafka, topics: readonly string[]): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const configEntries = [{ name: 'message.timestamp.type', value: 'CreateTime' }]
  const resources = topics.map(name => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries }))
  await admin.alterConfigs({ resources, validateOnly: false })
  await admin.disconnect()
}

/** A producer that does not give up while the broker is away, and stamps records with a clock that is off while that fault is on. */
export function makePublisher(
  kafka: Kafka,
  { tally, random, signal }: { readonly tally: FaultTally; readonly random: () => number; readonly signal: AbortSignal },
): Publisher {
  let open: Producer | undefined
  let resent = 0

  async function trySend(records: Parameters<SendRecords>[0], timestamp: string): Promise<boolean> {
    const producer = open ?? kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 5, initialRetryTime: 100 } })
    try {
      if (!open) await producer.connect()
      open = producer
      const byTopic = Map.groupBy(records, ({ topic }) => topic)
      const topicMessages = [...byTopic].map(([topic, group]) => ({
        topic,
        messages: group.map(({ key, value }) => ({ key, value, timestamp })),
      }))
      await producer.sendBatch({ topicMessages, acks: -1, timeout: 20_000, compression: CompressionTypes.None })
      return true
    } catch {
      open = undefined
      await producer.disconnect().catch(() => {}) // it failed already
      return false
    }
  }

  return {
    async send(records) {
      const offMs = tally.on === 'clocks' ? Math.round((random() * 2 - 1) * clockOffAtMostMs) : 0
      if (offMs !== 0) tally.add('clocks', { injected: 1, records: records.length })
      for (const piece of cutByBytes(records)) {
        while (!(await trySend(piece, String(Date.now() + offMs)))) {
          if (signal.aborted) return
          resent++
          await sleep(retryMs)
        }
      }
    },
    resentCount: () => resent,
    close: async () => open?.disconnect(),
  }
}
