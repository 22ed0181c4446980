import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { kafkaHandler } from '#functions/adapters/kafka-handler.ts'
import { makeRecord } from '../../checks/step-checks.ts'

const event = {
  eventSource: 'aws:kafka',
  records: { 'flights.events-0': [{ topic: 'flights.events', partition: 0, offset: 7, timestamp: 1, value: 'e30=', headers: [] }] },
}

describe('kafkaHandler', () => {
  let lines: Record<string, unknown>[] = []
  const write = process.stdout.write
  const writeError = process.stderr.write
  beforeEach(() => {
    lines = []
    process.stdout.write = process.stderr.write = (text: string | Uint8Array) => {
      const isJson = String(text).startsWith('{')
      if (isJson) lines.push(JSON.parse(String(text)))
      return isJson || write.call(process.stdout, text)
    }
  })
  afterEach(() => {
    delete process.env.PARTIAL_FAILURES
    process.stdout.write = write
    process.stderr.write = writeError
  })

  it('leaves one line in the log with the counts of the batch, and the counts as metrics', async () => {
    const handler = kafkaHandler({ step: 'preprocess', pipeline: 'flights' }, () => async () => ({ counts: { accepted: 1, rejected: 2 } }))
    assert.deepEqual(await handler(event), { batchItemFailures: [] })
    const [line, metrics] = lines
    assert.deepEqual(
      [line.level, line.message, line.step, line.records, line.accepted, line.rejected, line.failed],
      ['INFO', 'preprocess', 'preprocess', 1, 1, 2, 0],
    )
    assert.deepEqual([metrics.service, metrics.pipeline, metrics.Records, metrics.RejectedRecords], ['preprocess', 'flights', 1, 2])
    const { CloudWatchMetrics } = metrics._aws as { CloudWatchMetrics: { Namespace: string; Dimensions: string[][] }[] }
    assert.equal(CloudWatchMetrics[0].Namespace, 'Millrace')
    assert.deepEqual(CloudWatchMetrics[0].Dimensions[0].toSorted(), ['pipeline', 'service'])
  })
  it('answers with the records that failed', async () => {
    const failed = [makeRecord({}, { offset: 7 })]
    const answer = await kafkaHandler({ step: 'deliver', pipeline: 'flights' }, () => async () => ({ failed, counts: {} }))(event)
    assert.deepEqual(answer, { batchItemFailures: [{ itemIdentifier: { partition: 'flights.events-0', offset: 7 } }] })
  })
  it('throws where Lambda does not read that answer, so that no record is lost', async () => {
    process.env.PARTIAL_FAILURES = 'off'
    const failed = [makeRecord({}, { offset: 7 })]
    const handler = kafkaHandler({ step: 'deliver', pipeline: 'flights' }, () => async () => ({ failed, counts: {} }))
    await assert.rejects(handler(event), { code: 'STORE_FAILED', message: '1 of 1 records failed; the whole batch comes again' })
  })
  it('throws what the step threw, after a line that names its code', async () => {
    const failure = Object.assign(new Error('no broker'), { code: 'SEND_FAILED' })
    const handler = kafkaHandler({ step: 'infer', pipeline: 'flights' }, () => async () => {
      throw failure
    })
    await assert.rejects(handler(event), failure)
    assert.deepEqual([lines[0].level, lines[0].step, lines[0].code], ['ERROR', 'infer', 'SEND_FAILED'])
  })
  it('rejects an event that is not of Kafka, and makes the step anew after it could not be made', async () => {
    let tries = 0
    const handler = kafkaHandler({ step: 'infer', pipeline: 'flights' }, () => {
      if (tries++ === 0) throw new Error('no environment')
      return async () => ({ counts: {} })
    })
    await assert.rejects(handler({ Records: [] }), /eventSource must be aws:kafka/)
    await assert.rejects(handler(event), /no environment/)
    assert.deepEqual(await handler(event), { batchItemFailures: [] })
  })
})
