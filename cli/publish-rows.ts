import { setTimeout as sleep } from 'node:timers/promises'
import { withDeadline } from '#functions/adapters/deadline.ts'
import type { OutgoingRecord, SendRecords } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'
import type { FileRow } from './file-row.ts'
import { toRecordCount } from './progress.ts'

/** What became of the rows so far. */
export interface PublishCounts {
  /** Records sent, and acknowledged as far as `acks` asks. */
  readonly published: number
  /** Records sent without the acknowledgement asked for: each may be in the topic or not. */
  readonly failed: number
  /** Of the keys and values that were published. */
  readonly bytes: number
  readonly seconds: number
}

/** The counts at the end; `error` says why it was not the end of the file. */
export interface PublishReport extends PublishCounts {
  /** Rows that were never sent: those after a failed chunk. Null where they were not counted: a row could not be read, or the run was stopped. */
  readonly notSent: number | null
  readonly error: MillraceError | undefined
}

export interface PublishOptions {
  readonly rows: AsyncIterable<FileRow>
  readonly send: SendRecords
  readonly topic: string
  /** The field whose value is the record's key; no keys if absent. */
  readonly keyField?: string | undefined
  readonly recordsPerSecond?: number | undefined
  /** Rows to publish; all if absent. */
  readonly limit?: number | undefined
  /** How long to wait before each new try of a chunk that failed; an empty list: no new try. */
  readonly retryWaitsMs?: readonly number[]
  readonly onProgress?: (counts: PublishCounts) => void
  /** Stops after the chunk under way. */
  readonly signal?: AbortSignal
}

const recordsPerChunk = 5_000
/** Half of what a broker takes in one batch, so that a chunk is acknowledged or not as a whole. */
const bytesPerChunk = 500_000
const sendDeadlineMs = 60_000

/**
 * Publishes rows in their order, chunk by chunk, and stops at the first row that cannot be read or chunk that is not acknowledged.
 *
 * All rows before the one it stopped at are published; those after a chunk that failed are counted. The report carries the error.
 *
 * @example const { published, error } = await publishRows({ rows, send, topic: 'flights.events', keyField: 'flightId' })
 */
export async function publishRows(options: PublishOptions): Promise<PublishReport> {
  const { send, recordsPerSecond, retryWaitsMs = [1_000, 2_000, 4_000, 8_000], onProgress, signal } = options
  const startMs = performance.now()
  let published = 0
  let failed = 0
  let notSent = 0
  let bytes = 0
  let seconds = 0
  let failure: MillraceError | undefined
  const takeTime = () => {
    seconds = (performance.now() - startMs) / 1_000
  }
  try {
    for await (const chunk of cutChunks(options)) {
      if (signal?.aborted) throw failure ?? new MillraceError('SEND_FAILED', `stopped before ${chunk.from}`)
      if (failure) {
        notSent += chunk.records.length
        continue
      }
      if (recordsPerSecond) await sleep(Math.max(0, startMs + (published / recordsPerSecond) * 1_000 - performance.now()))
      failed = chunk.records.length
      failure = await sendAgain(send, chunk, retryWaitsMs)
      takeTime()
      if (failure) continue
      published += failed
      failed = 0
      bytes += chunk.bytes
      onProgress?.({ published, failed, bytes, seconds })
    }
    return { published, failed, notSent, bytes, seconds, error: failure }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    if (!failure) takeTime()
    return { published, failed, notSent: null, bytes, seconds, error: failure ?? error }
  }
}

/** Tries a chunk again as often as there are waits, a minute at most; gives the failure of the last try. A record of a try that failed may come twice. */
async function sendAgain(send: SendRecords, { records, from }: Chunk, retryWaitsMs: readonly number[]): Promise<MillraceError | undefined> {
  const deadlineMs = performance.now() + sendDeadlineMs
  for (let tries = 0; ; tries++) {
    try {
      await withDeadline(send(records), deadlineMs - performance.now())
      return undefined
    } catch (cause) {
      const isLast = cause instanceof MillraceError && cause.retryable ? tries === retryWaitsMs.length : true
      const message = `${toRecordCount(records.length)} from ${from} on not acknowledged: ${rootMessage(cause)}`
      if (isLast) return new MillraceError('SEND_FAILED', message, { retryable: true, cause })
      await sleep(retryWaitsMs[tries])
    }
  }
}

/**
 * The report of a run that could not begin: nothing was published, and every row of the file was not sent.
 *
 * @example const report = await reportNothingSent({ rows, error })
 */
export async function reportNothingSent(options: {
  readonly rows: AsyncIterable<FileRow>
  readonly error: MillraceError
  readonly limit?: number | undefined
  readonly signal?: AbortSignal
}): Promise<PublishReport> {
  const { error } = options
  const refuse = async () => {
    throw error
  }
  const { failed, notSent } = await publishRows({ ...options, topic: '', send: refuse, retryWaitsMs: [] })
  return { published: 0, failed: 0, notSent: notSent === null ? null : failed + notSent, bytes: 0, seconds: 0, error }
}

/** What Kafka's client said, without the sender's count of records. */
function rootMessage(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message : message
}

interface Chunk {
  readonly records: OutgoingRecord[]
  bytes: number
  /** Where its first row stands. */
  readonly from: string
}

/** Chunks of the rows; before a row that cannot be read, the chunk of those ahead of it. */
async function* cutChunks({ rows, topic, keyField, recordsPerSecond, limit }: PublishOptions): AsyncGenerator<Chunk> {
  const fullCount = Math.min(recordsPerChunk, Math.ceil((recordsPerSecond ?? Number.POSITIVE_INFINITY) / 10))
  let chunk: Chunk | undefined
  try {
    let rowCount = 0
    for await (const row of rows) {
      const record = { topic, key: keyField === undefined ? null : readKey(row, keyField), value: row.json }
      const bytes = Buffer.byteLength(record.value) + Buffer.byteLength(record.key ?? '')
      if (chunk && (chunk.records.length === fullCount || chunk.bytes + bytes > bytesPerChunk)) {
        yield chunk
        chunk = undefined
      }
      chunk ??= { records: [], bytes: 0, from: row.at }
      chunk.records.push(record)
      chunk.bytes += bytes
      if (++rowCount === limit) break
    }
  } catch (error) {
    if (chunk) yield chunk
    throw error
  }
  if (chunk) yield chunk
}

/** @throws FILE_INVALID where the row has no such field: a record without its key would lose its order */
function readKey({ at, fields }: FileRow, keyField: string): string {
  const key = Object(fields)[keyField]
  if (typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean') return String(key)
  throw new MillraceError('FILE_INVALID', `${at}: --key ${keyField} must be text or a number there, got ${JSON.stringify(key)}`)
}
