// What Lambda tells of a batch that it gave up: https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html
// and, for a Kafka topic, https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html
import { countRecords } from './batch.ts'
import { type EventEnvelope, type RecordSlice, toEventRecord, toPayload } from './msk-event.ts'
import type { InvokeContext } from './outcome.ts'

/** Why a batch was given up, in the words of the invocation record. */
export type FailureCondition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded' | 'MaximumPayloadSizeExceeded'

/** Records given up together. */
export interface FailedBatch {
  readonly condition: FailureCondition
  readonly slices: readonly RecordSlice[]
  /** Invocations of it, the first one included; 0 for one that was never sent. */
  readonly invokeCount: number
  /** Of the last invocation; undefined where there was none. */
  readonly lastAnswer: (InvokeContext & { readonly isFunctionError: boolean }) | undefined
}

/** Whose batch it was. */
export interface FailureContext {
  readonly functionArn: string
  readonly envelope: EventEnvelope
  /** When it was given up. */
  readonly nowMs: number
}

/** The invocation record for SQS and SNS: metadata only. */
export function toFailureRecord(batch: FailedBatch, context: FailureContext) {
  const { slices } = batch
  const recordsInfo = Object.fromEntries(
    slices.map(({ key, records }) => {
      const [first, last] = [records[0], records[records.length - 1]]
      const info = {
        firstRecordOffset: String(first.offset),
        lastRecordOffset: String(last.offset),
        firstRecordTimestamp: toIso(first.recordedAtMs),
        lastRecordTimestamp: toIso(last.recordedAtMs),
      }
      return [key, info]
    }),
  )
  return {
    ...toAbout(batch, context, batch.condition),
    KafkaBatchInfo: { ...toBatchInfo(slices, context.envelope), recordsInfo },
  }
}

/** The invocation record for S3: the whole event stands in it as text. */
export function toObjectRecord(batch: FailedBatch, context: FailureContext) {
  return { ...toFailureRecord(batch, context), payload: toPayload(context.envelope, batch.slices).toString('latin1') }
}

/**
 * The key of an object for S3.
 *
 * AWS writes down the form for Kinesis, with the shard where the first partition stands here.
 *
 * @example toObjectKey({ mappingId, partition: 'orders-3', nowMs: 0, randomId }) // 'aws/lambda/<mappingId>/orders-3/1970/01/01/1970-01-01T00.00.00-<randomId>'
 * @see https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export function toObjectKey(of: { mappingId: string; partition: string; nowMs: number; randomId: string }): string {
  const [day, time] = toIso(of.nowMs).split('T')
  return `aws/lambda/${of.mappingId}/${of.partition}/${day.replaceAll('-', '/')}/${day}T${time.slice(0, 8).replaceAll(':', '.')}-${of.randomId}`
}

/** A message of a Kafka destination: each record goes alone, with the key it had. */
export interface FailureMessage {
  readonly key: Buffer | null
  readonly value: string
}

/** The messages for a Kafka topic; its page says RetriesExhausted where the other one says RetryAttemptsExhausted. */
export function toFailureMessages(batch: FailedBatch, context: FailureContext): FailureMessage[] {
  const condition = batch.condition === 'RetryAttemptsExhausted' ? 'RetriesExhausted' : batch.condition
  return batch.slices.flatMap(({ key, records }) =>
    records.map(record => {
      const slices = [{ key, records: [record] }]
      const about = {
        ...toAbout(batch, context, condition),
        KafkaBatchInfo: {
          ...toBatchInfo(slices, context.envelope),
          recordInfo: { offset: String(record.offset), timestamp: toIso(record.recordedAtMs) },
        },
        payload: JSON.parse(toPayload(context.envelope, slices).toString('latin1')),
      }
      const base64 = toEventRecord(record).key
      return { key: base64 === undefined ? null : Buffer.from(base64, 'base64'), value: JSON.stringify(about) }
    }),
  )
}

function toAbout({ invokeCount, lastAnswer }: FailedBatch, { functionArn, nowMs }: FailureContext, condition: string) {
  return {
    requestContext: { requestId: lastAnswer?.requestId ?? null, functionArn, condition, approximateInvokeCount: invokeCount },
    responseContext: lastAnswer
      ? {
          statusCode: 200,
          executedVersion: lastAnswer.executedVersion ?? '$LATEST',
          ...(lastAnswer.isFunctionError && { functionError: 'Unhandled' }),
        }
      : null,
    version: '1.0',
    timestamp: toIso(nowMs),
  }
}

function toBatchInfo(slices: readonly RecordSlice[], envelope: EventEnvelope) {
  return {
    batchSize: countRecords(slices),
    eventSourceArn: envelope.clusterArn,
    bootstrapServers: envelope.brokers,
    payloadSize: toPayload(envelope, slices).length,
  }
}

const lastMs = 8_640_000_000_000_000 // of JavaScript's clock; a producer may write any number

const toIso = (atMs: number) => new Date(Math.min(atMs, lastMs)).toISOString()
