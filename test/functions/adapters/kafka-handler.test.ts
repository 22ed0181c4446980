import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { kafkaHandler } from '#functions/adapters/kafka-handler.ts'

const event = {
  eventSource: 'aws:kafka',
  records: {
    'flights.events-0': [{ topic: 'flights.events', partition: 0, offset: 7, timestamp: 1, timestampType: 'CREATE_TIME', headers: [] }],
  },
}
const handler = kafkaHandler('preprocess', () => async records => ({ failed: records, counts: {} }))

describe('kafkaHandler', () => {
  after(() => {
    delete process.env.PARTIAL_FAILURES
  })
  it('answers with the records that failed', async () => {
    process.env.PARTIAL_FAILURES = 'on'
    assert.deepEqual(await handler(event), { batchItemFailures: [{ itemIdentifier: { partition: 'flights.events-0', offset: 7 } }] })
  })
  it('throws where Lambda does not read that answer, so that no record is lost', async () => {
    process.env.PARTIAL_FAILURES = 'off'
    await assert.rejects(handler(event), { code: 'STORE_FAILED', message: '1 of 1 records failed; the whole batch comes again' })
  })
})
