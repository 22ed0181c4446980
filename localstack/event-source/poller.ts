import { type BatchLimits, cutBatch } from './batch.ts'
import { type BatchPorts, deliverBatch, giveUpOversized } from './deliver-batch.ts'
import { envelopeBytes, maxPayloadBytes } from './msk-event.ts'
import type { PartitionQueue } from './partition-queue.ts'

export interface PollerPorts extends Omit<BatchPorts, 'signal' | 'retryWaitMs'> {
  /** The queues of the partitions that are this poller's now. */
  queues(): readonly PartitionQueue[]
  /** Records have left these queues. */
  onCut(queues: readonly PartitionQueue[]): void
  /** How long to wait after so many failures in a row; 0.2 s doubling to 20 s if absent. */
  readonly retryWaitMs?: BatchPorts['retryWaitMs']
}

/** One loop of cut, invoke, settle. One invocation at a time is what keeps its partitions in order. */
export interface Poller {
  /** Looks at the queues again. */
  wake(): void
  /** Ends after the invocation in flight; what it did not settle stays uncommitted. */
  stop(): Promise<void>
}

const usualRetryWaitMs = (failureCount: number) => Math.min(20_000, 200 * 2 ** (failureCount - 1))

export function startPoller(ports: PollerPorts): Poller {
  const { mapping, envelope } = ports
  const stopping = new AbortController()
  const batchPorts: BatchPorts = { retryWaitMs: usualRetryWaitMs, ...ports, signal: stopping.signal }
  const limits: BatchLimits = {
    recordCount: mapping.batchSize,
    payloadBytes: maxPayloadBytes,
    envelopeBytes: envelopeBytes(envelope),
    windowMs: mapping.windowMs,
  }
  let wake = () => {}

  async function poll(): Promise<void> {
    let recutCount: number | undefined
    while (!stopping.signal.aborted) {
      const queues = ports.queues()
      commitDone(queues)
      const recordCount = Math.min(recutCount ?? limits.recordCount, limits.recordCount)
      const cut = cutBatch(queues, { ...limits, recordCount }, Date.now())
      if (!cut.isDue) {
        await waitForRecords(cut.waitMs)
        continue
      }
      recutCount = undefined
      for (const { queue, records } of cut.slices) queue.drop(records.length)
      ports.onCut(cut.slices.map(slice => slice.queue))
      if (cut.payloadBytes > maxPayloadBytes) {
        await giveUpOversized(cut.slices, cut.payloadBytes, batchPorts)
        continue
      }
      const recut = await deliverBatch(cut.slices, batchPorts)
      recutCount = recut?.recordCount
      if (!recut) continue
      for (const { queue, records } of cut.slices) queue.markDone(records[records.length - 1].offset) // a later record may be done already
      for (const { queue, records } of recut.slices.toReversed()) queue.putBack(records) // the last ones first: each goes to the head
    }
  }

  /** What is in no batch, filtered records above all: nothing is in flight here, so it is done where nothing waits. */
  function commitDone(queues: readonly PartitionQueue[]): void {
    for (const queue of queues) {
      const through = queue.takeDone()
      if (through !== undefined) ports.commit(queue, through)
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
