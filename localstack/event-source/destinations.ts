import { createHash, randomUUID } from 'node:crypto'
import { MillraceError } from '#models/errors.ts'
import {
  type FailedBatch,
  type FailureContext,
  type FailureMessage,
  toFailureMessages,
  toFailureRecord,
  toObjectKey,
  toObjectRecord,
} from './failure-record.ts'
import type { EventEnvelope } from './msk-event.ts'

/** Where a mapping sends what it gives up. */
export type Destination =
  | { readonly kind: 'sqs'; readonly queueArn: string }
  | { readonly kind: 'sns'; readonly topicArn: string }
  | { readonly kind: 's3'; readonly bucket: string }
  | { readonly kind: 'kafka'; readonly topic: string }

/** What carries it there; each throws where it did not arrive. */
export interface DestinationClients {
  sendToQueue(queueArn: string, body: string): Promise<void>
  publish(topicArn: string, body: string): Promise<void>
  putObject(bucket: string, key: string, body: string): Promise<void>
  produce(topic: string, messages: readonly FailureMessage[]): Promise<void>
}

/**
 * Reads a destination as Lambda's API takes it.
 *
 * @throws SETTING_INVALID for anything else
 * @example parseDestination('kafka://orders.failed') // { kind: 'kafka', topic: 'orders.failed' }
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_OnFailure.html
 */
export function parseDestination(text: string): Destination {
  const topic = /^kafka:\/\/([^.][\w.-]{0,248})$/.exec(text)?.[1]
  if (topic !== undefined) return { kind: 'kafka', topic }
  const [arn, , service, , , name] = text.split(':')
  if (arn === 'arn' && name) {
    if (service === 'sqs') return { kind: 'sqs', queueArn: text }
    if (service === 'sns') return { kind: 'sns', topicArn: text }
    if (service === 's3') return { kind: 's3', bucket: name }
  }
  throw new MillraceError(
    'SETTING_INVALID',
    `an on-failure destination must be the ARN of a queue, topic or bucket, or kafka://…, got ${text}`,
  )
}

/** Makes the function that takes what a mapping gives up to its destination; without one it does nothing. */
export function makeFailureSender(options: {
  readonly mappingId: string
  readonly functionName: string
  readonly destination: Destination | undefined
  readonly envelope: EventEnvelope
  readonly clients: DestinationClients
}): (batch: FailedBatch) => Promise<void> {
  const { destination, clients, envelope } = options
  if (!destination) return async () => {}
  const functionArn = toFunctionArn(envelope.clusterArn, options.functionName)
  const mappingId = toUuid(`${envelope.clusterArn} ${options.mappingId}`)
  return async batch => {
    const context: FailureContext = { functionArn, envelope, nowMs: Date.now() }
    switch (destination.kind) {
      case 'sqs':
        return clients.sendToQueue(destination.queueArn, JSON.stringify(toFailureRecord(batch, context)))
      case 'sns':
        return clients.publish(destination.topicArn, JSON.stringify(toFailureRecord(batch, context)))
      case 's3': {
        const key = toObjectKey({ mappingId, partition: batch.slices[0].key, nowMs: context.nowMs, randomId: randomUUID() })
        return clients.putObject(destination.bucket, key, JSON.stringify(toObjectRecord(batch, context)))
      }
      case 'kafka':
        return clients.produce(destination.topic, toFailureMessages(batch, context))
      default:
        return destination satisfies never
    }
  }
}

/** The function's ARN, in the cluster's region and account. */
function toFunctionArn(clusterArn: string, functionName: string): string {
  const [, partition = 'aws', , region = '', account = ''] = clusterArn.split(':')
  return `arn:${partition}:lambda:${region}:${account}:function:${functionName}`
}

/** Lambda names a mapping by a UUID; here it is the same in every run. */
function toUuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
