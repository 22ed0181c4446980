import type { Kafka, Producer, TopicMessages } from 'kafkajs'
import { MillraceError } from '#models/errors.ts'
import type { OutgoingRecord, SendRecords } from '../ports.ts'
import type { ConfigName } from './config.ts'
import { cutByBytes } from './cut-by-bytes.ts'
import { withDeadline } from './deadline.ts'
import { connectKafka, findBrokers, type KafkaAuth, regionOfCluster } from './kafka-client.ts'
import { type Compression, compressionTypes } from './kafka-compression.ts'
import { toHeaderObject } from './kafka-headers.ts'

/** kafkajs' own tries, each with a request timeout of 30 s, could outlast any function: longer than brokers take to elect a leader, shorter than a step's minute. */
const defaultDeadlineMs = 45_000
/** A lost broker answers no farewell. */
const farewellMs = 5_000

/** Who must have a record before it counts as sent: all in-sync replicas, the partition's leader, nobody. */
export type Acks = 'all' | '1' | '0'

const ackCounts = { all: -1, 1: 1, 0: 0 } as const satisfies Record<Acks, number>

/** Kafka's answers that would be the same another time. */
const refusals: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'])

export interface SenderOptions {
  readonly acks?: Acks
  /** Absent: none. */
  readonly compression?: Compression
  /** How long one call may take, connecting and all tries included; then it is a failure, and its records may be in the log or not. */
  readonly deadlineMs?: number
  /** Connects at once, not at the first send: for a step that sends with every batch, and does other slow things before its first. */
  readonly connectsAhead?: boolean
}

/** A sender that can be ended; what it has been given is sent by then. */
export interface KafkaSender extends SendRecords {
  close(): Promise<void>
}

/**
 * Sends through one producer, one request in flight; unless told otherwise idempotent and waiting for all in-sync replicas.
 *
 * The connection is opened at the first send, or at once if told so, and kept. After a failure the producer is dropped, so that the next try begins a clean
 * one: records of a failed send may be in the log, and come again. With `acks` 1 a record is lost if its leader fails before it was
 * copied, with 0 whenever anything fails, and no error says so.
 *
 * @example const send = kafkaSender(async () => connectKafka('127.0.0.1:9092', 'none'), { deadlineMs: 20_000 })
 */
export function kafkaSender(connect: () => Promise<Kafka>, options: SenderOptions = {}): KafkaSender {
  const { acks = 'all', compression = 'none', deadlineMs = defaultDeadlineMs, connectsAhead } = options
  let open: Promise<Producer> | undefined
  if (connectsAhead) {
    open = openProducer(connect, acks)
    open.catch(() => {}) // the first send tells
  }

  const sendAll = async (opened: Promise<Producer>, records: readonly OutgoingRecord[]) => {
    const producer = await opened
    for (const chunk of cutByBytes(records)) {
      const topicMessages = toTopicMessages(chunk)
      await producer.sendBatch({ topicMessages, acks: ackCounts[acks], timeout: 20_000, compression: compressionTypes[compression] })
    }
  }
  const send: SendRecords = async records => {
    if (records.length === 0) return
    open ??= openProducer(connect, acks)
    const opened = open
    try {
      await withDeadline(sendAll(opened, records), deadlineMs)
    } catch (error) {
      if (open === opened) open = undefined // else a send beside this one has begun anew already
      leave(opened).catch(() => {}) // it failed already; what it says on leaving changes nothing
      throw new MillraceError('SEND_FAILED', `${records.length} records could not be sent: ${(error as Error).message}`, {
        retryable: !refusals.has((error as { readonly type?: string }).type ?? ''),
        cause: error,
      })
    }
  }
  const close = async () => {
    const closing = open
    open = undefined
    if (closing) await leave(closing)
  }
  return Object.assign(send, { close })
}

async function openProducer(connect: () => Promise<Kafka>, acks: Acks): Promise<Producer> {
  const kafka = await connect()
  const producer = kafka.producer({ idempotent: acks === 'all', maxInFlightRequests: 1, retry: { retries: 5, initialRetryTime: 100 } })
  try {
    await producer.connect()
    return producer
  } catch (error) {
    producer.disconnect().catch(() => {}) // connections to some brokers may be open
    throw error
  }
}

async function leave(opened: Promise<Producer>): Promise<void> {
  const producer = await opened
  await withDeadline(producer.disconnect(), farewellMs)
}

/** What a function's sender is told by the stack: for `readConfig`. */
export const senderNames = ['CLUSTER_ARN', 'KAFKA_AUTH', 'KAFKA_COMPRESSION'] as const satisfies readonly ConfigName[]

export type SenderConfig = Readonly<Record<(typeof senderNames)[number], string>>

/** The sender of a function: brokers from the cluster's ARN, or KAFKA_BROKERS, which the stack sets for an emulator without MSK. */
export function clusterSender({ CLUSTER_ARN, KAFKA_AUTH, KAFKA_COMPRESSION }: SenderConfig, options: SenderOptions = {}): SendRecords {
  const auth = KAFKA_AUTH as KafkaAuth
  const brokers = async () => process.env.KAFKA_BROKERS || (await findBrokers(CLUSTER_ARN, auth))
  const connect = async () => connectKafka(await brokers(), auth, regionOfCluster(CLUSTER_ARN))
  return kafkaSender(connect, { compression: KAFKA_COMPRESSION as Compression, ...options })
}

function toTopicMessages(records: readonly OutgoingRecord[]): TopicMessages[] {
  return [...Map.groupBy(records, record => record.topic)].map(([topic, group]) => ({
    topic,
    messages: group.map(({ key, value, headers }) => ({ key, value, ...(headers ? { headers: toHeaderObject(headers) } : {}) })),
  }))
}
