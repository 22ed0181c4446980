import { setTimeout as delay } from 'node:timers/promises'
import { type BatchLimits, type BatchSlice, cutBatch } from './batch.ts'
import type { Mapping } from './mappings.ts'
import { type EventEnvelope, envelopeBytes, maxPayloadBytes, toPayload } from './msk-event.ts'
import { type InvokeResult, settleBatch } from './outcome.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { MappingStatus, Report } from './status.ts'

type Slice = BatchSlice<PartitionQueue>

export interface PollerPorts {
  readonly mapping: Mapping
  readonly envelope: EventEnvelope
  /** The queues of the partitions that are this poller's now. */
  queues(): readonly PartitionQueue[]
  invoke(payload: Uint8Array): Promise<InvokeResult>
  /** The records up to and with `lastOffset` are done. */
  commit(queue: PartitionQueue, lastOffset: number): void
  /** Records have left these queues. */
  onCut(queues: readonly PartitionQueue[]): void
  readonly status: MappingStatus
  report(level: Report['level'], message: string): void
}

/** One loop of cut, invoke, settle. One invocation at a time is what keeps its partitions in order. */
export interface Poller {
  /** Looks at the queues again. */
  wake(): void
  /** Ends after the invocation in flight; what it did not settle stays uncommitted. */
  stop(): Promise<void>
}

const retryWaitMs = (failureCount: number) => Math.min(20_000, 200 * 2 ** (failureCount - 1))

export function startPoller(ports: PollerPorts): Poller {
  const { mapping, envelope, status, report } = ports
  const stopping = new AbortController()
  const limits: BatchLimits = {
    recordCount: mapping.batchSize,
    payloadBytes: maxPayloadBytes,
    envelopeBytes: envelopeBytes(envelope),
    windowMs: mapping.windowMs,
  }
  let wake = () => {}

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      const cut = cutBatch(ports.queues(), limits, Date.now())
      if (!cut.isDue) {
        await waitForRecords(cut.waitMs)
        continue
      }
      for (const { queue, records } of cut.slices) queue.drop(records.length)
      ports.onCut(cut.slices.map(slice => slice.queue))
      if (cut.payloadBytes > maxPayloadBytes) giveUp(cut.slices, `its payload of ${cut.payloadBytes} bytes is over ${maxPayloadBytes}`)
      else await deliver(cut.slices)
    }
  }

  function waitForRecords(waitMs: number): Promise<void> {
    return new Promise(resolve => {
      const timer = Number.isFinite(waitMs) ? setTimeout(() => resolve(), waitMs) : undefined
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async function deliver(batch: readonly Slice[]): Promise<void> {
    let slices = batch
    let failureCount = 0 // since the last progress: sets the wait
    let attemptCount = 0 // of those, the function's own: what MaximumRetryAttempts counts
    while (slices.length > 0) {
      const result = await invokeOnce(slices)
      const settled = settleBatch(slices.filter(isOwned), result, mapping)
      succeed(settled.succeeded)
      if (settled.again.length === 0) break

      if (settled.succeeded.length > 0) failureCount = attemptCount = 0
      failureCount++
      if (result.ok || result.kind === 'function') attemptCount++
      status.failedItems += recordCount(settled.again)
      status.lastError = settled.reason
      if (mapping.maxRetryCount >= 0 && attemptCount > mapping.maxRetryCount) {
        giveUp(settled.again, `out of ${mapping.maxRetryCount} retries: ${settled.reason}`)
        return
      }
      report('warn', `${recordCount(settled.again)} records come again in ${retryWaitMs(failureCount)} ms: ${settled.reason}`)
      await delay(retryWaitMs(failureCount), undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      slices = settled.again.filter(isOwned)
      if (slices.length > 0) status.retries++
    }
    status.batches++
  }

  async function invokeOnce(slices: readonly Slice[]): Promise<InvokeResult> {
    status.invocations++
    status.inFlight++
    try {
      return await ports.invoke(toPayload(envelope, slices))
    } catch (error) {
      return { ok: false, kind: 'service', error: String(error) }
    } finally {
      status.inFlight--
    }
  }

  function succeed(slices: readonly Slice[]): void {
    status.records += recordCount(slices)
    for (const { queue, records } of slices) ports.commit(queue, records[records.length - 1].offset)
  }

  /** The place for on-failure destinations: what is given up is committed, so it must be on its way by then. */
  function giveUp(slices: readonly Slice[], reason: string): void {
    status.batches++
    status.discarded += recordCount(slices)
    status.lastError = reason
    for (const { queue, key, records } of slices) {
      report('error', `gave up ${records.length} records of ${key} from offset ${records[0].offset}: ${reason}`)
      ports.commit(queue, records[records.length - 1].offset)
    }
  }

  const ended = poll()
  return {
    wake: () => wake(),
    async stop() {
      stopping.abort()
      wake()
      await ended
    },
  }
}

const isOwned = (slice: Slice) => !slice.queue.isLost

const recordCount = (slices: readonly Slice[]) => slices.reduce((sum, slice) => sum + slice.records.length, 0)
