import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { MillraceError } from '#models/errors.ts'
import type { FailedBatch } from '../../../localstack/event-source/failure-record.ts'
import { type Mapping, mappingDefaults } from '../../../localstack/event-source/mappings.ts'
import { maxPayloadBytes } from '../../../localstack/event-source/msk-event.ts'
import type { InvokeResult } from '../../../localstack/event-source/outcome.ts'
import { makePartitionQueue } from '../../../localstack/event-source/partition-queue.ts'
import { startPoller } from '../../../localstack/event-source/poller.ts'
import { makeStatus } from '../../../localstack/event-source/status.ts'

const mapping: Mapping = {
  ...mappingDefaults,
  logicalId: 'Source',
  functionName: 'orders',
  topic: 't',
  groupId: 'g',
  batchSize: 2,
  windowMs: 0,
  maxPollerCount: 1,
  reportsItemFailures: true,
}

const consumed = (offset: number, value = Buffer.from('v')) => ({ offset: String(offset), timestamp: '1', key: null, value })
const success: InvokeResult = { ok: true, response: null }

/** A poller over one queue; `run` is given the offsets of each invocation. */
function makePoller(
  run: (offsets: number[]) => InvokeResult | Promise<InvokeResult>,
  maxRetryCount = -1,
  sendFailure: (batch: FailedBatch) => Promise<void> = async () => {},
) {
  const queue = makePartitionQueue('t', 0)
  const commits: number[] = []
  const reports: string[] = []
  const status = makeStatus(mapping)
  const poller = startPoller({
    mapping: { ...mapping, maxRetryCount },
    envelope: { clusterArn: '', brokers: '' },
    reading: 'from lowest',
    sendFailure,
    queues: () => [queue],
    invoke: async payload => run(JSON.parse(String(payload)).records['t-0'].map(({ offset }: { offset: number }) => offset)),
    commit: (_, lastOffset) => commits.push(lastOffset),
    onCut: () => {},
    status,
    report: (level, message) => reports.push(`${level} ${message}`),
  })
  return { poller, queue, commits, reports, status }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await turn()
}

describe('startPoller', () => {
  it('gives up a record that fits no payload, says so, and goes on with the next', async () => {
    const { poller, queue, commits, reports, status } = makePoller(() => success)
    queue.append([consumed(1), consumed(2, Buffer.alloc(5_000_000)), consumed(3)], 0)
    poller.wake()
    await until(() => status.records === 2)
    await poller.stop()
    assert.deepEqual(commits, [1, 2, 3])
    assert.equal(status.discarded, 1)
    assert.equal(status.invocations, 2)
    assert.match(reports[0], new RegExp(`^error gave up 1 records of t-0 from offset 2: .* is over ${maxPayloadBytes}$`))
  })
  it('neither repeats nor commits a batch whose partition was lost meanwhile', async () => {
    const { poller, queue, commits, status } = makePoller(async () => {
      queue.lose()
      return success
    })
    queue.append([consumed(1), consumed(2)], 0)
    poller.wake()
    await until(() => status.batches === 1)
    await poller.stop()
    assert.deepEqual([commits, status.records, status.invocations], [[], 0, 1])
  })
  it('ends while it waits for a retry, and leaves the batch uncommitted', async () => {
    const { poller, queue, commits, status } = makePoller(() => ({ ok: false, kind: 'service', error: 'TooManyRequestsException' }))
    queue.append([consumed(1), consumed(2)], 0)
    poller.wake()
    await until(() => status.failedItems === 2)
    await poller.stop()
    assert.deepEqual([commits, status.invocations, status.lastError], [[], 1, 'TooManyRequestsException'])
  })
  it('waits for the invocation in flight when it is stopped, and commits it', async () => {
    const { poller, queue, commits, status } = makePoller(async () => {
      await delay(50)
      return success
    })
    queue.append([consumed(1), consumed(2), consumed(3)], 0)
    poller.wake()
    await until(() => status.inFlight === 1)
    await poller.stop()
    assert.deepEqual([commits, queue.records.length], [[2], 1])
  })
  it('does not use up attempts while the service cannot run the function', async () => {
    let callCount = 0
    const { poller, queue, status, commits } = makePoller(
      () => (++callCount < 3 ? { ok: false, kind: 'service', error: 'down' } : success),
      0,
    )
    queue.append([consumed(1), consumed(2)], 0)
    poller.wake()
    await until(() => status.records === 2)
    await poller.stop()
    assert.deepEqual([commits, status.retries, status.discarded], [[2], 2, 0])
  })
  it('commits what it gave up only once the destination has it', async () => {
    const sent: string[] = []
    const { poller, queue, commits, reports, status } = makePoller(
      () => ({ ok: false, kind: 'function', error: 'Error: no' }),
      0,
      async ({ condition }) => {
        assert.deepEqual(commits, [])
        if (sent.push(condition) === 1) throw new Error('queue is away')
      },
    )
    queue.append([consumed(1), consumed(2)], 0)
    poller.wake()
    await until(() => status.discarded === 2)
    await poller.stop()
    assert.deepEqual([sent, commits], [['RetryAttemptsExhausted', 'RetryAttemptsExhausted'], [2]])
    assert.match(reports[0], /^error the on-failure destination has not taken 2 records, again in 200 ms: Error: queue is away$/)
  })
  it('goes on where a destination refuses records for good, and says that they are nowhere else', async () => {
    const refusal = new MillraceError('SEND_FAILED', 'too large')
    const { poller, queue, commits, reports, status } = makePoller(
      () => ({ ok: false, kind: 'function', error: 'Error: no' }),
      0,
      () => Promise.reject(refusal),
    )
    queue.append([consumed(1), consumed(2)], 0)
    poller.wake()
    await until(() => status.discarded === 2)
    await poller.stop()
    assert.deepEqual(commits, [2])
    assert.match(reports[0], /^error the on-failure destination does not take all of 2 records, and nobody else has them: too large$/)
  })
  it('puts records back that are to be cut elsewhere, and cuts them there', async () => {
    const batches: number[][] = []
    const { poller, queue, commits, status } = makePoller(offsets => {
      batches.push(offsets)
      return batches.length === 1 ? { ok: false, kind: 'recut', error: 'fault', recordCount: 1 } : success
    })
    queue.append([consumed(1), consumed(2), consumed(3)], 0)
    poller.wake()
    await until(() => status.records === 3)
    await poller.stop()
    assert.deepEqual(
      [batches, commits],
      [
        [[1, 2], [1], [2, 3]],
        [1, 3],
      ],
    )
  })
})
