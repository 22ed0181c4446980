import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '#models/errors.ts'
import { type BatchSlice, countRecords, halveBatch, keepRecords } from './batch.ts'
import type { FailedBatch, FailureCondition } from './failure-record.ts'
import type { Mapping } from './mappings.ts'
import { type EventEnvelope, maxPayloadBytes, toPayload } from './msk-event.ts'
import { type InvokeResult, type ItemFailureReading, settleBatch } from './outcome.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { MappingStatus, Report } from './status.ts'

type Slice = BatchSlice<PartitionQueue>

export interface BatchPorts {
  readonly mapping: Mapping
  readonly envelope: EventEnvelope
  readonly reading: ItemFailureReading
  invoke(payload: Uint8Array): Promise<InvokeResult>
  /** The records up to and with `lastOffset` are done. */
  commit(queue: PartitionQueue, lastOffset: number): void
  /** Takes what is given up to its on-failure destination, if there is one; throws where it did not arrive. */
  sendFailure(batch: FailedBatch): Promise<void>
  /** How long to wait after so many failures in a row. */
  retryWaitMs(failureCount: number): number
  readonly status: MappingStatus
  report(level: Report['level'], message: string): void
  /** Ends the waits; what is not settled by then stays uncommitted. */
  readonly signal: AbortSignal
}

/** Records that a fault run wants delivered once more, with the next batch cut after `recordCount`. */
export interface Recut {
  readonly slices: readonly Slice[]
  readonly recordCount: number
}

/** What is delivered together: the batch, or after a bisection a piece of it. */
interface Part {
  readonly slices: readonly Slice[]
  /** Failures since the last progress, whoever's: they set the wait. */
  readonly failureCount: number
  /** Of those, the function's own: what MaximumRetryAttempts counts. */
  readonly attemptCount: number
  /** Invocations of its records so far. */
  readonly invokeCount: number
  readonly lastAnswer: FailedBatch['lastAnswer']
}

/**
 * Delivers a batch until each of its records has succeeded or is given up, one invocation at a time, and commits as far as
 * nothing before is pending.
 *
 * Ends early, the rest uncommitted, when the signal aborts, when the partitions are lost or when records are to be put back.
 */
export async function deliverBatch(batch: readonly Slice[], ports: BatchPorts): Promise<Recut | undefined> {
  const { mapping, status, report } = ports
  const commitDone = makeProgress(batch, ports.commit)
  let parts: readonly Part[] = [toFirstPart(batch)]
  while (parts.length > 0) {
    if (ports.signal.aborted) return undefined
    const [part, ...later] = parts
    const [expired, slices] = cutExpired(part.slices.filter(isOwned), mapping.maxRecordAgeMs)
    if (expired.length > 0) {
      const isGivenUp = await giveUp(ports, part, expired, 'RecordAgeExceeded', `older than ${mapping.maxRecordAgeMs / 1_000} s`)
      if (!isGivenUp) return undefined
    }
    if (slices.length === 0) {
      parts = later
      commitDone(parts)
      continue
    }

    if (part.invokeCount > 0) status.retries++
    const result = await invokeOnce(ports, slices)
    const { succeeded, again, reason } = settleBatch(slices.filter(isOwned), result, { ...mapping, reading: ports.reading })
    status.records += countRecords(succeeded)
    if (again.length === 0) {
      parts = later
      commitDone(parts)
      continue
    }
    status.failedItems += countRecords(again)
    status.lastError = reason
    if (!result.ok && result.kind === 'recut') {
      return { slices: [again, ...later.map(one => one.slices)].flat(), recordCount: result.recordCount }
    }

    const failed = toFailedPart(part, again, result, succeeded.length > 0)
    const isSplit = mapping.splitsOnError && !result.ok && result.kind === 'function' && countRecords(again) > 1
    const isExhausted = !isSplit && mapping.maxRetryCount >= 0 && failed.attemptCount > mapping.maxRetryCount
    if (isSplit) {
      // the halves are new batches: a split uses up no attempt, and nothing waits for it
      parts = [...halveBatch(again).map(half => ({ ...part, slices: half, invokeCount: failed.invokeCount })), ...later]
    } else if (isExhausted) {
      const isGivenUp = await giveUp(ports, failed, again, 'RetryAttemptsExhausted', `out of ${mapping.maxRetryCount} retries: ${reason}`)
      if (!isGivenUp) return undefined
      parts = later
    } else {
      parts = [failed, ...later]
    }
    commitDone(parts)
    if (isSplit || isExhausted) continue
    const waitMs = ports.retryWaitMs(failed.failureCount)
    report('warn', `${countRecords(again)} records come again in ${waitMs} ms: ${reason}`)
    await delay(waitMs, undefined, { signal: ports.signal }).catch(() => {})
  }
  status.batches++
  return undefined
}

function toFirstPart(slices: readonly Slice[]): Part {
  return { slices, failureCount: 0, attemptCount: 0, invokeCount: 0, lastAnswer: undefined }
}

/** What of the part comes again; progress begins new counts. */
function toFailedPart(part: Part, slices: readonly Slice[], result: InvokeResult, hasProgress: boolean): Part {
  const isRun = result.ok || result.kind === 'function'
  const { requestId, executedVersion } = result
  return {
    slices,
    failureCount: (hasProgress ? 0 : part.failureCount) + 1,
    attemptCount: (hasProgress ? 0 : part.attemptCount) + (isRun ? 1 : 0),
    invokeCount: part.invokeCount + 1,
    lastAnswer: isRun ? { requestId, executedVersion, isFunctionError: !result.ok } : part.lastAnswer,
  }
}

/** A record that fits no payload: it never reaches the function. */
export async function giveUpOversized(slices: readonly Slice[], payloadBytes: number, ports: BatchPorts): Promise<void> {
  const reason = `its payload of ${payloadBytes} bytes is over ${maxPayloadBytes}`
  if (!(await giveUp(ports, toFirstPart(slices), slices, 'MaximumPayloadSizeExceeded', reason))) return
  ports.status.batches++
  makeProgress(slices, ports.commit)([])
}

async function invokeOnce({ envelope, status, invoke }: BatchPorts, slices: readonly Slice[]): Promise<InvokeResult> {
  status.invocations++
  status.inFlight++
  try {
    return await invoke(toPayload(envelope, slices))
  } catch (error) {
    return { ok: false, kind: 'service', error: String(error) }
  } finally {
    status.inFlight--
  }
}

/** False where it ended before the destination had them: they are not to be committed. */
async function giveUp(
  ports: BatchPorts,
  part: Part,
  slices: readonly Slice[],
  condition: FailureCondition,
  reason: string,
): Promise<boolean> {
  const { status, report } = ports
  const { invokeCount, lastAnswer } = part
  for (let failureCount = 1; ; failureCount++) {
    try {
      await ports.sendFailure({ condition, slices, invokeCount, lastAnswer })
      break
    } catch (error) {
      if (error instanceof MillraceError && !error.retryable) {
        report(
          'error',
          `the on-failure destination does not take all of ${countRecords(slices)} records, and nobody else has them: ${error.message}`,
        )
        break
      }
      const waitMs = ports.retryWaitMs(failureCount)
      report('error', `the on-failure destination has not taken ${countRecords(slices)} records, again in ${waitMs} ms: ${error}`)
      await delay(waitMs, undefined, { signal: ports.signal }).catch(() => {})
      if (ports.signal.aborted) return false
    }
  }
  status.discarded += countRecords(slices)
  status.lastError = reason
  for (const { key, records } of slices) {
    report('error', `gave up ${records.length} records of ${key} from offset ${records[0].offset}: ${reason}`)
  }
  return true
}

/** Commits each partition of the batch up to the first of its records that is still pending. */
function makeProgress(batch: readonly Slice[], commit: BatchPorts['commit']): (parts: readonly Part[]) => void {
  const doneThrough = new Map(batch.map(({ queue, records }) => [queue, records[0].offset - 1]))
  return parts => {
    for (const { queue, records } of batch) {
      const pending = parts.flatMap(part => part.slices.filter(slice => slice.queue === queue).map(slice => slice.records[0].offset))
      const through = pending.length === 0 ? records[records.length - 1].offset : Math.min(...pending) - 1
      if (queue.isLost || through <= doneThrough.get(queue)!) continue
      doneThrough.set(queue, through)
      commit(queue, through)
    }
  }
}

/** Parts the records over their age from the rest; nothing is old where there is no age. */
function cutExpired(slices: readonly Slice[], maxRecordAgeMs: number): [expired: readonly Slice[], fresh: readonly Slice[]] {
  if (maxRecordAgeMs < 0) return [[], slices]
  const oldestMs = Date.now() - maxRecordAgeMs
  return [keepRecords(slices, record => record.recordedAtMs < oldestMs), keepRecords(slices, record => record.recordedAtMs >= oldestMs)]
}

const isOwned = (slice: Slice) => !slice.queue.isLost
