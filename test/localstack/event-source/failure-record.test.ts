import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toFailureMessages, toFailureRecord, toObjectKey } from '../../../localstack/event-source/failure-record.ts'
import { makeRecordWriter, toPayload } from '../../../localstack/event-source/msk-event.ts'

const write = makeRecordWriter('orders', 3)
const record = (offset: number, key: string | null) =>
  write(
    { offset: String(offset), timestamp: String(1_700_000_000_000 + offset), key: key === null ? null : Buffer.from(key), value: null },
    0,
  )
const context = {
  functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:orders',
  envelope: { clusterArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/c/1', brokers: 'b:9092' },
  nowMs: 1_700_000_060_000,
}
const batch = {
  condition: 'RetryAttemptsExhausted',
  slices: [{ key: 'orders-3', records: [record(7, 'DE'), record(9, null)] }],
  invokeCount: 3,
  lastAnswer: { requestId: 'r3', executedVersion: '$LATEST', isFunctionError: true },
} as const

describe('toFailureRecord', () => {
  it('has the fields of https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html', () => {
    assert.deepEqual(toFailureRecord(batch, context), {
      requestContext: {
        requestId: 'r3',
        functionArn: context.functionArn,
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 3,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: '2023-11-14T22:14:20.000Z',
      KafkaBatchInfo: {
        batchSize: 2,
        eventSourceArn: context.envelope.clusterArn,
        bootstrapServers: 'b:9092',
        payloadSize: toPayload(context.envelope, batch.slices).length,
        recordsInfo: {
          'orders-3': {
            firstRecordOffset: '7',
            lastRecordOffset: '9',
            firstRecordTimestamp: '2023-11-14T22:13:20.007Z',
            lastRecordTimestamp: '2023-11-14T22:13:20.009Z',
          },
        },
      },
    })
  })
  it('has no response of a batch that was never sent', () => {
    const unsent = { ...batch, condition: 'MaximumPayloadSizeExceeded', invokeCount: 0, lastAnswer: undefined } as const
    const { requestContext, responseContext } = toFailureRecord(unsent, context)
    assert.deepEqual([requestContext.condition, responseContext], ['MaximumPayloadSizeExceeded', null])
  })
  it('names no function error where the function answered with a list of failures', () => {
    const listed = { ...batch, lastAnswer: { ...batch.lastAnswer, isFunctionError: false } }
    assert.deepEqual(toFailureRecord(listed, context).responseContext, { statusCode: 200, executedVersion: '$LATEST' })
  })
})

describe('toFailureMessages', () => {
  it('gives each record alone, with its key and its own place', () => {
    const messages = toFailureMessages(batch, context)
    assert.deepEqual(
      messages.map(({ key }) => key?.toString() ?? null),
      ['DE', null],
    )
    const { KafkaBatchInfo, payload } = JSON.parse(messages[1].value)
    assert.deepEqual(KafkaBatchInfo.recordInfo, { offset: '9', timestamp: '2023-11-14T22:13:20.009Z' })
    assert.deepEqual(Object.keys(payload.records), ['orders-3'])
  })
})

describe('toObjectKey', () => {
  it('has the form of https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html', () => {
    const key = toObjectKey({ mappingId: 'm', partition: 'orders-3', nowMs: context.nowMs, randomId: 'r' })
    assert.equal(key, 'aws/lambda/m/orders-3/2023/11/14/2023-11-14T22.14.20-r')
  })
})
