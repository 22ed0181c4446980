import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OutgoingRecord } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'
import type { FileRow } from '../../cli/file-row.ts'
import { publishRows } from '../../cli/publish-rows.ts'

const unreadable = new MillraceError('FILE_INVALID', 'x.csv line 9: broken')

async function* rowsOf(count: number, failure?: MillraceError): AsyncGenerator<FileRow> {
  for (let at = 1; at <= count; at++) yield { at: `line ${at}`, fields: { id: at }, json: `{"id":${at}}` }
  if (failure) throw failure
}

/** A Kafka that fails the sends whose number is listed, and keeps the records of all others. */
function kafkaThatFails(sendNumbers: readonly number[], options: { readonly retryable: boolean } = { retryable: true }) {
  const sends: (readonly OutgoingRecord[])[] = []
  let sendCount = 0
  const send = async (records: readonly OutgoingRecord[]) => {
    if (sendNumbers.includes(++sendCount)) throw new MillraceError('SEND_FAILED', 'no broker', options)
    sends.push(records)
  }
  return { sends, send, tries: () => sendCount }
}

describe('publishRows', () => {
  it('publishes all rows in their order and counts them and their bytes', async () => {
    const { sends, send } = kafkaThatFails([])
    const { published, failed, bytes, error } = await publishRows({ rows: rowsOf(12_000), send, topic: 't' })
    assert.deepEqual([published, failed, error], [12_000, 0, undefined])
    assert.deepEqual(
      sends.flat().map(({ value }) => value),
      Array.from({ length: 12_000 }, (_, at) => `{"id":${at + 1}}`),
    )
    assert.equal(
      bytes,
      sends.flat().reduce((sum, { value }) => sum + String(value).length, 0),
    )
  })
  it('takes the key from the field it is told, as text', async () => {
    const { sends, send } = kafkaThatFails([])
    await publishRows({ rows: rowsOf(2), send, topic: 't', keyField: 'id' })
    assert.deepEqual(sends.flat(), [
      { topic: 't', key: '1', value: '{"id":1}' },
      { topic: 't', key: '2', value: '{"id":2}' },
    ])
  })
  it('stops at a row that has no key, once the rows ahead of it are published', async () => {
    const { sends, send } = kafkaThatFails([])
    async function* rows(): AsyncGenerator<FileRow> {
      yield* rowsOf(3)
      yield { at: 'line 4', fields: [1], json: '[1]' }
    }
    const { published, error } = await publishRows({ rows: rows(), send, topic: 't', keyField: 'id' })
    assert.deepEqual([published, sends.flat().length], [3, 3])
    assert.equal(error?.message, 'line 4: --key id must be text or a number there, got undefined')
  })
  it('publishes the rows ahead of one that cannot be read', async () => {
    const { sends, send } = kafkaThatFails([])
    const { published, failed, error } = await publishRows({ rows: rowsOf(8, unreadable), send, topic: 't' })
    assert.deepEqual([published, failed, error, sends.flat().length], [8, 0, unreadable, 8])
  })
  it('tries a chunk again that was not acknowledged', async () => {
    const { sends, send } = kafkaThatFails([1, 2])
    const { published, error } = await publishRows({ rows: rowsOf(3), send, topic: 't', retryWaitsMs: [0, 0] })
    assert.deepEqual([published, error, sends.flat().length], [3, undefined, 3])
  })
  it('stops when the tries are used up, and says which rows are uncertain', async () => {
    const { send, tries } = kafkaThatFails([2, 3, 4])
    const report = await publishRows({ rows: rowsOf(12_000), send, topic: 't', retryWaitsMs: [0, 0] })
    assert.deepEqual([report.published, report.failed, report.notSent, tries()], [5_000, 5_000, 2_000, 4])
    assert.equal(report.error?.message, '5,000 records from line 5001 on not acknowledged: no broker')
  })
  it('does not count the rest where a row of it cannot be read', async () => {
    const { send } = kafkaThatFails([1, 2])
    const { failed, notSent, error } = await publishRows({ rows: rowsOf(7_000, unreadable), send, topic: 't', retryWaitsMs: [0] })
    assert.deepEqual([failed, notSent, error?.code], [5_000, null, 'SEND_FAILED'])
  })
  it('does not try again what the broker refuses for good', async () => {
    const { send, tries } = kafkaThatFails([1], { retryable: false })
    const { failed } = await publishRows({ rows: rowsOf(3), send, topic: 't', retryWaitsMs: [0, 0] })
    assert.deepEqual([failed, tries()], [3, 1])
  })
  it('publishes no more rows than the limit', async () => {
    const { sends, send } = kafkaThatFails([])
    const { published } = await publishRows({ rows: rowsOf(10, unreadable), send, topic: 't', limit: 4 })
    assert.deepEqual([published, sends.flat().length], [4, 4])
  })
  it('keeps to the rate', async () => {
    const { send } = kafkaThatFails([])
    const { seconds } = await publishRows({ rows: rowsOf(60), send, topic: 't', recordsPerSecond: 200 })
    assert.ok(seconds >= 0.19, `${seconds} s for 60 rows in chunks of 20, the last of which may go after 0.2 s`)
  })
  it('stops after the chunk under way when it is told to', async () => {
    const stopping = new AbortController()
    const { send } = kafkaThatFails([])
    const options = { rows: rowsOf(12_000), send, topic: 't', signal: stopping.signal }
    const { published, error } = await publishRows({ ...options, onProgress: () => stopping.abort() })
    assert.deepEqual([published, error?.message], [5_000, 'stopped before line 5001'])
  })
  it('sends no chunk that is more than a broker takes at once', async () => {
    async function* rows(): AsyncGenerator<FileRow> {
      for (let at = 1; at <= 7; at++) yield { at: `line ${at}`, fields: {}, json: `"${'x'.repeat(200_000)}"` }
    }
    const { sends, send } = kafkaThatFails([])
    await publishRows({ rows: rows(), send, topic: 't' })
    assert.deepEqual(
      sends.map(records => records.length),
      [2, 2, 2, 1],
    )
  })
})
