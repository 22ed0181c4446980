import { CompressionTypes, type Kafka, type Producer, type TopicMessages } from 'kafkajs'
import { MillraceError } from '#models/errors.ts'
import type { OutgoingRecord, SendRecords } from '../ports.ts'
import { connectKafka, findBrokers, type KafkaAuth } from './kafka-client.ts'

/** kafkajs packs one send to a partition into one record batch, and a broker takes 1 MiB: bytes of keys, values and headers in one send. */
const bytesPerSend = 900_000
/** What a record costs beside its own bytes, at most. */
const overheadBytes = 40

/**
 * Sends through one idempotent producer, one request in flight, waiting for all in-sync replicas.
 *
 * The connection is opened at the first send and kept. After a failure the producer is dropped, so that the next try begins a clean
 * one: records of a failed send may be in the log, and come again.
 */
export function kafkaSender(connect: () => Promise<Kafka>): SendRecords {
  let open: Promise<Producer> | undefined
  const openProducer = async () => {
    const kafka = await connect()
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 5, initialRetryTime: 100 } })
    await producer.connect()
    return producer
  }

  return async records => {
    if (records.length === 0) return
    open ??= openProducer()
    try {
      const producer = await open
      for (const chunk of cutByBytes(records)) {
        await producer.sendBatch({ topicMessages: toTopicMessages(chunk), acks: -1, timeout: 20_000, compression: CompressionTypes.None })
      }
    } catch (error) {
      const failed = open
      open = undefined
      failed.then(producer => producer.disconnect()).catch(() => {}) // it failed already; what it says on leaving changes nothing
      throw new MillraceError('SEND_FAILED', `${records.length} records could not be sent: ${(error as Error).message}`, {
        retryable: true,
        cause: error,
      })
    }
  }
}

/** The sender of a function: brokers from the cluster's ARN. */
export function clusterSender({ CLUSTER_ARN, KAFKA_AUTH }: { readonly CLUSTER_ARN: string; readonly KAFKA_AUTH: string }): SendRecords {
  const auth = KAFKA_AUTH as KafkaAuth
  return kafkaSender(async () => connectKafka(await findBrokers(CLUSTER_ARN, auth), auth))
}

function* cutByBytes(records: readonly OutgoingRecord[]): Generator<readonly OutgoingRecord[]> {
  let from = 0
  let bytes = 0
  for (let at = 0; at < records.length; at++) {
    const size = bytesOf(records[at])
    if (at > from && bytes + size > bytesPerSend) {
      yield records.slice(from, at)
      from = at
      bytes = 0
    }
    bytes += size
  }
  yield records.slice(from)
}

function bytesOf({ key, value, headers = [] }: OutgoingRecord): number {
  let bytes = overheadBytes + lengthOf(key) + lengthOf(value)
  for (const [name, content] of headers) bytes += overheadBytes + lengthOf(name) + lengthOf(content)
  return bytes
}

function lengthOf(content: Buffer | string | null): number {
  return content === null ? 0 : Buffer.byteLength(content)
}

function toTopicMessages(records: readonly OutgoingRecord[]): TopicMessages[] {
  return [...Map.groupBy(records, record => record.topic)].map(([topic, group]) => ({
    topic,
    messages: group.map(({ key, value, headers }) => ({ key, value, ...(headers ? { headers: toHeaders(headers) } : {}) })),
  }))
}

/** kafkajs wants an object; a name that stands more than once becomes a list, in its order. */
function toHeaders(headers: NonNullable<OutgoingRecord['headers']>): Record<string, (Buffer | string)[]> {
  const byName: Record<string, (Buffer | string)[]> = {}
  for (const [name, value] of headers) {
    byName[name] ??= []
    byName[name].push(value)
  }
  return byName
}
