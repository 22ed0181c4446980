import type { SentHeader } from '#functions/adapters/kafka-wire.ts'
import type { OutgoingRecord } from '#functions/ports.ts'
import { contentBytes } from '#functions/record-bytes.ts'
import { MillraceError } from '#models/errors.ts'
import { toRecordCount } from './progress.ts'

/** Which records are put back; what is absent leaves none out. */
export interface RedriveFilter {
  readonly codes?: readonly string[] | undefined
  readonly step?: string | undefined
  readonly topics?: readonly string[] | undefined
  /** Clock time of its being put aside: from `sinceMs` on, and before `untilMs`. */
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
}

/** A record that goes back, and the partition it came from. */
export interface RedrivenRecord {
  /** Other than a step's, its headers may be null. */
  readonly outgoing: Omit<OutgoingRecord, 'headers'> & { readonly headers?: readonly SentHeader[] }
  readonly partition: number
  /** What the ledger remembers it by. */
  readonly place: string
}

/** A record that was put aside, and what is known of that. */
export interface Candidate extends RedrivenRecord {
  /** Why it was put aside. */
  readonly code: string
  /** The step that rejected it or failed with it. */
  readonly step: string
  /** When it was. */
  readonly atMs: number
  /** How often it was put back before. */
  readonly attempts: number
  /** Its content was too large for the topic, and what was kept beside is gone or changed. */
  readonly isGone?: true
}

/** What a source finds for each record: the record; or that it is none of ours; or that its content is kept nowhere any more. */
export type Found = Candidate | 'unknown' | 'gone'

/** What remembers what was put back. */
export interface RedriveLedger {
  /** Whether the record of this place was put back by an earlier run. */
  has(place: string): boolean
  /** Sends the records and remembers their places, both or neither. */
  putBack(records: readonly RedrivenRecord[]): Promise<void>
}

/** What became of the records that were put aside. Every one that was read is counted in exactly one of these. */
export interface RedriveCounts {
  /** Put back; of a dry run, what would be. */
  readonly redriven: number
  /** Put back by an earlier run. */
  readonly before: number
  /** Found more than once in this run, as where two steps gave up the same record: each time after the first. */
  readonly repeated: number
  /** Put back too often already. */
  readonly outOfAttempts: number
  /** Left out by the filter. */
  readonly passedOver: number
  /** Not written by a step, nor by Lambda. */
  readonly unknown: number
  /** From a topic that is not there any more. */
  readonly homeless: number
  /** Put aside without their content, which is kept nowhere any more. */
  readonly gone: number
  /** Larger than the topic they came from takes. */
  readonly tooLarge: number
  readonly byCode: Readonly<Record<string, number>>
  readonly byTopic: Readonly<Record<string, number>>
}

/** The counts at the end; `error` says why it was not the end of what there is, or what could not go back. */
export interface RedriveReport extends RedriveCounts {
  readonly seconds: number
  readonly error: MillraceError | undefined
}

export interface RedriveOptions {
  /** What was put aside, each partition in its order. */
  readonly batches: AsyncIterable<readonly Found[]>
  readonly ledger: RedriveLedger
  readonly filter: RedriveFilter
  /** Records that were put back so often stay. */
  readonly attemptsAtMost: number
  /** Records to put back; all if absent. */
  readonly limit?: number | undefined
  /** Whether only to count. */
  readonly isDryRun: boolean
  /** Whether a topic is there. */
  isTopic(name: string): boolean
  readonly onProgress?: (counts: RedriveCounts) => void
  /** Stops after the chunk under way. */
  readonly signal?: AbortSignal
}

const recordsPerChunk = 2_000
/** Half of what a broker takes in one batch; one record that is larger goes alone. */
const bytesPerChunk = 500_000

/**
 * Puts records back to the topics they came from, in the order in which they were put aside, chunk by chunk; stops at the first chunk that
 * is not acknowledged. A record that was put back before is passed over, so that running again goes on where a run stopped.
 *
 * @example const { redriven, error } = await redriveRecords({ batches: readRejected(…), ledger, filter: { codes: ['EVENT_INVALID'] }, … })
 */
export async function redriveRecords(options: RedriveOptions): Promise<RedriveReport> {
  const { ledger, isDryRun, limit = Number.POSITIVE_INFINITY, signal, onProgress } = options
  const startMs = performance.now()
  const counts = { redriven: 0, before: 0, repeated: 0, outOfAttempts: 0, passedOver: 0, unknown: 0, homeless: 0, gone: 0, tooLarge: 0 }
  const byCode = new Map<string, number>()
  const byTopic = new Map<string, number>()
  const seen = new Set<string>()
  let chunk: (Candidate & { readonly bytes: number })[] = []
  let chunkBytes = 0

  const read = () => ({ ...counts, byCode: Object.fromEntries(byCode), byTopic: Object.fromEntries(byTopic) })
  const report = (error?: MillraceError) => ({ ...read(), seconds: (performance.now() - startMs) / 1_000, error })

  function stopIfAsked(place: string): void {
    if (signal?.aborted) throw new MillraceError('SEND_FAILED', `stopped before ${place}; run it again to go on`)
  }

  async function flush(): Promise<void> {
    if (chunk.length === 0) return
    stopIfAsked(chunk[0].place)
    await putBack(chunk)
    chunk = []
    chunkBytes = 0
    onProgress?.(read())
  }

  /** A topic may take less in a batch than a chunk has: then each half goes by itself, in its order, down to one record. */
  async function putBack(records: readonly Candidate[]): Promise<void> {
    try {
      if (!isDryRun) await ledger.putBack(records)
    } catch (cause) {
      if (!isTooLarge(cause)) throw toSendFailure(records, cause)
      if (records.length === 1) {
        counts.tooLarge++
        return
      }
      await putBack(records.slice(0, records.length >> 1))
      await putBack(records.slice(records.length >> 1))
      return
    }
    counts.redriven += records.length
    for (const { code, outgoing } of records) {
      byCode.set(code, (byCode.get(code) ?? 0) + 1)
      byTopic.set(outgoing.topic, (byTopic.get(outgoing.topic) ?? 0) + 1)
    }
  }

  try {
    reading: for await (const batch of options.batches) {
      stopIfAsked(chunk[0]?.place ?? 'the next record')
      for (const found of batch) {
        const verdict = judge(found, options, seen)
        if (typeof verdict === 'string') {
          counts[verdict]++
          continue
        }
        seen.add(verdict.place)
        const bytes = contentBytes(verdict.outgoing)
        if (chunk.length > 0 && (chunkBytes + bytes > bytesPerChunk || chunk.length === recordsPerChunk)) await flush()
        chunk.push({ ...verdict, bytes })
        chunkBytes += bytes
        if (counts.redriven + chunk.length >= limit) break reading
      }
    }
    await flush()
    return report(toRemainder(counts))
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return report(error)
  }
}

type Verdict = 'before' | 'repeated' | 'outOfAttempts' | 'passedOver' | 'unknown' | 'homeless' | 'gone' | Candidate

function judge(found: Found, { filter, ledger, attemptsAtMost, isTopic }: RedriveOptions, seen: ReadonlySet<string>): Verdict {
  if (typeof found === 'string') return found
  const { code, step, atMs, place, attempts, outgoing } = found
  const { codes, topics, sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = filter
  const isMeant =
    (codes === undefined || codes.includes(code)) &&
    (filter.step === undefined || filter.step === step) &&
    (topics === undefined || topics.includes(outgoing.topic)) &&
    atMs >= sinceMs &&
    atMs < untilMs
  if (!isMeant) return 'passedOver'
  if (seen.has(place)) return 'repeated'
  if (ledger.has(place)) return 'before'
  if (found.isGone) return 'gone'
  if (attempts >= attemptsAtMost) return 'outOfAttempts'
  return isTopic(outgoing.topic) ? found : 'homeless'
}

/** What Kafka's client says of a record that no second try will fit. */
function isTooLarge(error: unknown): boolean {
  const { type, cause } = (error ?? {}) as { readonly type?: string; readonly cause?: { readonly type?: string } }
  return type === 'MESSAGE_TOO_LARGE' || cause?.type === 'MESSAGE_TOO_LARGE'
}

function toSendFailure(chunk: readonly RedrivenRecord[], cause: unknown): MillraceError {
  const message = `${toRecordCount(chunk.length)} from ${chunk[0].place} on not put back: ${(cause as Error).message}; run it again`
  return new MillraceError('SEND_FAILED', message, { retryable: true, cause })
}

/** Of a run that read everything: records that were meant to go back and could not. */
function toRemainder({ homeless, gone, tooLarge }: Pick<RedriveCounts, 'homeless' | 'gone' | 'tooLarge'>): MillraceError | undefined {
  const reasons = [
    ...(homeless > 0 ? [`${toRecordCount(homeless)} came from a topic that is not there`] : []),
    ...(gone > 0 ? [`${toRecordCount(gone)} kept nowhere any more`] : []),
    ...(tooLarge > 0 ? [`${toRecordCount(tooLarge)} larger than its topic takes`] : []),
  ]
  return reasons.length === 0 ? undefined : new MillraceError('SEND_FAILED', `not all went back: ${reasons.join('; ')}`)
}
