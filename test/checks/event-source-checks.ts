import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { maxPayloadBytes } from '../../localstack/event-source/msk-event.ts'
import type { Observed, RunScenario, ScenarioRecord } from './event-source-scenario.ts'

const values = (...all: string[]): ScenarioRecord[] => all.map(value => ({ value }))
const numbered = (count: number) => values(...Array.from({ length: count }, (_, at) => `v${at}`))
const provisioned = { ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 10 } }
const reporting = { ...provisioned, FunctionResponseTypes: ['ReportBatchItemFailures'] }
const to = (Destination: string) => ({ ...provisioned, DestinationConfig: { OnFailure: { Destination } } })
export const queueArn = 'arn:aws:sqs:us-east-1:000000000000:failed-orders'
export const topicArn = 'arn:aws:sns:us-east-1:000000000000:failed-orders'
const bucketArn = 'arn:aws:s3:::failed-orders'

/** Offsets of one partition in each of its batches. */
const cutsOf = ({ batches }: Observed, partition = 0) =>
  batches.filter(({ offsets }) => offsets[partition] !== undefined).map(({ offsets }) => offsets[partition])

/** Every rule that shows in what a function and a destination receive; the titles are named by localstack/event-source/rules.ts. */
export function checkEventSource(name: string, run: RunScenario): void {
  describe(`the rules of ${name}`, { concurrency: true }, () => {
    it('cuts batches of at most BatchSize records', async () => {
      const observed = await run({ settings: { BatchSize: 4, MaximumBatchingWindowInSeconds: 0 }, partitions: [numbered(11)] })
      assert.ok(cutsOf(observed).every(cut => cut.length <= 4))
      assert.deepEqual(cutsOf(observed).flat(), [...Array(11).keys()])
    })
    it('waits for the batching window to end where the batch is not full', async () => {
      const { batches } = await run({ settings: { BatchSize: 10, MaximumBatchingWindowInSeconds: 1 }, partitions: [numbered(3)] })
      assert.equal(batches.length, 1)
      assert.ok(batches[0].startedMs >= 950, `came after ${batches[0].startedMs} ms`)
    })
    it('sends no payload over 6 MB', async () => {
      const large = Array.from({ length: 9 }, () => ({ value: 'x'.repeat(700_000) }))
      const observed = await run({ settings: { BatchSize: 100, MaximumBatchingWindowInSeconds: 1 }, partitions: [large] })
      assert.deepEqual(cutsOf(observed).flat(), [...large.keys()])
      assert.ok(observed.batches.length >= 2)
      for (const { payloadBytes } of observed.batches) assert.ok(payloadBytes <= maxPayloadBytes, `${payloadBytes} bytes`)
    })
    it('runs one batch of a partition at a time, in order', async () => {
      const settings = { ...provisioned, BatchSize: 3, MaximumBatchingWindowInSeconds: 0 }
      const observed = await run({ settings, partitions: [numbered(12), numbered(12)], workMs: 10 })
      assert.equal(observed.hasOverlap, false)
      for (const partition of [0, 1]) assert.deepEqual(cutsOf(observed, partition).flat(), [...Array(12).keys()])
    })
    it('runs partitions side by side, at most as many as there are', async () => {
      const settings = { ...provisioned, BatchSize: 2, MaximumBatchingWindowInSeconds: 0 }
      const { concurrency } = await run({ settings, partitions: [numbered(10), numbered(10), numbered(10)], workMs: 30 })
      assert.ok(concurrency > 1 && concurrency <= 3, `${concurrency} at a time`)
    })
    it('runs up to five invocations at a time for each poller, and no more', async () => {
      const settings = {
        ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 1 },
        BatchSize: 2,
        MaximumBatchingWindowInSeconds: 0,
      }
      const { concurrency, committed } = await run({ settings, partitions: Array.from({ length: 7 }, () => numbered(6)), workMs: 30 })
      assert.equal(concurrency, 5)
      assert.deepEqual(committed, [6, 6, 6, 6, 6, 6, 6])
    })
    it('commits nothing of a batch before it has succeeded', async () => {
      const { batches, committed } = await run({ partitions: [numbered(3)], behaviours: [{ on: 'v1', times: 2, does: 'throw' }] })
      assert.deepEqual(
        batches.map(batch => batch.committed),
        [[0], [0], [0]],
      )
      assert.deepEqual(committed, [3])
    })
    it('repeats a failed batch whole, as often as it fails', async () => {
      const observed = await run({ partitions: [numbered(3)], behaviours: [{ on: 'v1', times: 15, does: 'throw' }] })
      assert.deepEqual(cutsOf(observed), Array(16).fill([0, 1, 2]))
    })
    for (const [does, title] of [
      ['time out', 'repeats a batch whose function has timed out'],
      ['crash', 'repeats a batch whose function has crashed'],
    ] as const) {
      it(title, async () => {
        const observed = await run({ partitions: [numbered(2)], behaviours: [{ on: 'v0', times: 1, does }] })
        assert.deepEqual(cutsOf(observed), [
          [0, 1],
          [0, 1],
        ])
      })
    }
    it('gives up a batch after MaximumRetryAttempts and goes on with the next', async () => {
      const settings = { ...provisioned, BatchSize: 2, MaximumRetryAttempts: 2 }
      const observed = await run({ settings, partitions: [numbered(4)], behaviours: [{ on: 'v1', does: 'throw' }] })
      assert.deepEqual(cutsOf(observed), [...Array(3).fill([0, 1]), [2, 3]])
      assert.deepEqual(observed.committed, [4])
    })
    it('gives up records over MaximumRecordAgeInSeconds without running the function', async () => {
      const hourMs = 3_600_000
      const partitions = [[{ value: 'old', ageMs: hourMs }, { value: 'new' }, { value: 'older', ageMs: 2 * hourMs }]]
      const observed = await run({ settings: { ...to(queueArn), MaximumRecordAgeInSeconds: 600 }, partitions })
      assert.deepEqual(cutsOf(observed), [[1]])
      assert.deepEqual(observed.committed, [3])
      const given = observed.failures.map(({ body }) => [body.requestContext.condition, body.KafkaBatchInfo.batchSize])
      assert.deepEqual(given, [['RecordAgeExceeded', 2]])
    })
    it('cuts a failed batch in two until the bad record stands alone', async () => {
      const settings = { ...provisioned, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 0 }
      const observed = await run({ settings, partitions: [numbered(5)], behaviours: [{ on: 'v2', does: 'throw' }] })
      assert.deepEqual(cutsOf(observed), [[0, 1, 2, 3, 4], [0, 1, 2], [0, 1], [2], [3, 4]])
      assert.deepEqual(observed.committed, [5])
    })
    it('uses up no attempt by cutting in two', async () => {
      const settings = { ...provisioned, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1 }
      const observed = await run({ settings, partitions: [numbered(4)], behaviours: [{ on: 'v0', does: 'throw' }] })
      assert.deepEqual(cutsOf(observed), [[0, 1, 2, 3], [0, 1], [0], [0], [1], [2, 3]])
    })
    it('brings back everything from the lowest listed record of a partition, as the one reading has it', async () => {
      const behaviours = [{ on: 'v1', times: 1, does: { reports: 'it' } } as const]
      const observed = await run({ settings: reporting, partitions: [numbered(4)], behaviours, reading: 'from lowest' })
      assert.deepEqual(cutsOf(observed), [
        [0, 1, 2, 3],
        [1, 2, 3],
      ])
      assert.deepEqual([observed.batches[1].committed, observed.committed], [[1], [4]])
    })
    it('brings back only the listed records, as the other reading has it, and commits none behind them', async () => {
      const behaviours = [{ on: 'v1', times: 1, does: { reports: 'it' } } as const]
      const observed = await run({ settings: reporting, partitions: [numbered(4)], behaviours, reading: 'listed only' })
      assert.deepEqual(cutsOf(observed), [[0, 1, 2, 3], [1]])
      assert.deepEqual([observed.batches[1].committed, observed.committed], [[1], [4]])
    })
    for (const reading of ['from lowest', 'listed only'] as const) {
      it(`brings back the same where a function lists every record from its first failure on, reading ${reading}`, async () => {
        const behaviours = [{ on: 'v1', times: 1, does: { reports: 'it and all after it' } } as const]
        const observed = await run({ settings: reporting, partitions: [numbered(4)], behaviours, reading })
        assert.deepEqual(cutsOf(observed), [
          [0, 1, 2, 3],
          [1, 2, 3],
        ])
      })
    }
    it('brings back the whole batch for an identifier that is not in it', async () => {
      const behaviours = [{ on: 'v1', times: 1, does: { namesPartition: 'elsewhere-0', offset: 1 } } as const]
      const observed = await run({ settings: reporting, partitions: [numbered(3)], behaviours })
      assert.deepEqual(cutsOf(observed), [
        [0, 1, 2],
        [0, 1, 2],
      ])
    })
    it('does not read the list of failed records where the mapping does not ask for one', async () => {
      const observed = await run({ partitions: [numbered(3)], behaviours: [{ on: 'v1', does: { reports: 'it' } }] })
      assert.deepEqual(cutsOf(observed), [[0, 1, 2]])
    })
    it('gives up after 10 retries where there is a destination and no limit', async () => {
      const observed = await run({ settings: to(queueArn), partitions: [numbered(2)], behaviours: [{ on: 'v0', does: 'throw' }] })
      assert.equal(observed.batches.length, 11)
      assert.equal(observed.failures.length, 1)
    })
    for (const arn of [queueArn, topicArn]) {
      it(`tells ${arn === queueArn ? 'SQS' : 'SNS'} what it gave up: metadata only`, async () => {
        const settings = { ...to(arn), MaximumRetryAttempts: 1 }
        const { failures, batches } = await run({ settings, partitions: [numbered(3)], behaviours: [{ on: 'v1', does: 'throw' }] })
        assert.deepEqual(
          failures.map(failure => failure.to),
          [arn],
        )
        const { requestContext, responseContext, version, KafkaBatchInfo, payload } = failures[0].body
        assert.match(String(requestContext.functionArn), /^arn:aws:lambda:.*:function:/)
        assert.ok(requestContext.requestId)
        assert.deepEqual([requestContext.condition, requestContext.approximateInvokeCount], ['RetryAttemptsExhausted', 2])
        assert.deepEqual(responseContext, { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' })
        assert.deepEqual([version, payload], ['1.0', undefined])
        assert.deepEqual(Object.keys(KafkaBatchInfo), ['batchSize', 'eventSourceArn', 'bootstrapServers', 'payloadSize', 'recordsInfo'])
        assert.deepEqual([KafkaBatchInfo.batchSize, KafkaBatchInfo.payloadSize], [3, batches[0].payloadBytes])
        const [info] = Object.values(KafkaBatchInfo.recordsInfo as Record<string, Record<string, string>>)
        assert.deepEqual([info.firstRecordOffset, info.lastRecordOffset], ['0', '2'])
        assert.equal(new Date(info.firstRecordTimestamp).toISOString(), info.firstRecordTimestamp)
      })
    }
    it('writes to S3 what it gave up, with the whole event as text', async () => {
      const settings = { ...to(bucketArn), MaximumRetryAttempts: 0 }
      const { failures } = await run({ settings, partitions: [numbered(2)], behaviours: [{ on: 'v1', does: 'throw' }] })
      const [{ to: place, body }] = failures
      assert.match(
        place,
        /^failed-orders\/aws\/lambda\/[\da-f-]{36}\/.*-0\/\d{4}\/\d\d\/\d\d\/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[\da-f-]{36}$/,
      )
      assert.equal(body.requestContext.condition, 'RetryAttemptsExhausted')
      const event: { eventSource: string; records: Record<string, { offset: number }[]> } = JSON.parse(String(body.payload))
      assert.equal(event.eventSource, 'aws:kafka')
      assert.deepEqual(
        Object.values(event.records)
          .flat()
          .map(({ offset }) => offset),
        [0, 1],
      )
    })
    it('writes to a Kafka topic each record that it gave up, with its key', async () => {
      const settings = { ...to('kafka://failed-orders'), MaximumRetryAttempts: 0 }
      const partitions = [[{ key: 'DE', value: 'a' }, { value: 'bad' }]]
      const { failures } = await run({ settings, partitions, behaviours: [{ on: 'bad', does: 'throw' }] })
      assert.deepEqual(
        failures.map(failure => [failure.to, failure.key]),
        [
          ['failed-orders', 'DE'],
          ['failed-orders', null],
        ],
      )
      const { requestContext, KafkaBatchInfo, payload } = failures[1].body
      assert.deepEqual([requestContext.condition, KafkaBatchInfo.batchSize], ['RetriesExhausted', 1])
      assert.equal((KafkaBatchInfo.recordInfo as { offset: string }).offset, '1')
      const [record] = Object.values((payload as { records: Record<string, { value: string }[]> }).records).flat()
      assert.equal(Buffer.from(record.value, 'base64').toString(), 'bad')
    })
    it('delivers only records that a filter takes, and commits the others', async () => {
      const Filters = [{ Pattern: '{"value":{"country":["DE"]}}' }, { Pattern: '{"value":{"cents":[{"numeric":[">",100]}]}}' }]
      const partitions = [values('{"country":"FR","cents":5}', '{"country":"DE"}', 'DE', '{"cents":101}', '{"country":"FR"}')]
      const observed = await run({ settings: { FilterCriteria: { Filters } }, partitions })
      assert.deepEqual(cutsOf(observed).flat(), [1, 3])
      assert.deepEqual(observed.committed, [5])
    })
  })
}
