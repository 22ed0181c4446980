import { readClaim } from '#functions/claims.ts'
import type { KafkaRecord, ObjectStore, OutgoingRecord } from '#functions/ports.ts'
import { countRedrives, parseRejected, toRedriven } from '#functions/rejected.ts'
import { MillraceError } from '#models/errors.ts'
import { toRecordCount } from './progress.ts'

/** Which rejected records are put back; what is absent leaves none out. */
export interface RedriveFilter {
  readonly codes?: readonly string[] | undefined
  readonly step?: string | undefined
  /** Clock time of the rejection, by Kafka: from `sinceMs` on, and before `untilMs`. */
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
}

/** A record that goes back, and the partition it came from. */
export interface RedrivenRecord {
  readonly outgoing: OutgoingRecord
  readonly partition: number
  /** Where its rejection stands. */
  readonly place: string
}

/** What remembers what was put back. */
export interface RedriveLedger {
  /** Whether the rejection at this place was put back by an earlier run. */
  has(place: string): boolean
  /** Sends the records and remembers their places, both or neither. */
  putBack(records: readonly RedrivenRecord[]): Promise<void>
}

/** What became of the rejected records. Every one that was read is counted in exactly one of these. */
export interface RedriveCounts {
  /** Put back; of a dry run, what would be. */
  readonly redriven: number
  /** Put back by an earlier run. */
  readonly before: number
  /** Put back too often already. */
  readonly outOfAttempts: number
  /** Left out by the filter. */
  readonly passedOver: number
  /** Not written by a step: without the headers of a rejection. */
  readonly unknown: number
  /** From a topic that is not there any more. */
  readonly homeless: number
  /** Too large for a topic, and what was kept beside is gone or changed. */
  readonly gone: number
  /** Larger than the topic they came from takes. */
  readonly tooLarge: number
  readonly byCode: Readonly<Record<string, number>>
  readonly byTopic: Readonly<Record<string, number>>
}

/** The counts at the end; `error` says why it was not the end of the topic, or what could not go back. */
export interface RedriveReport extends RedriveCounts {
  readonly seconds: number
  readonly error: MillraceError | undefined
}

export interface RedriveOptions {
  /** The rejected records, each partition in its order. */
  readonly batches: AsyncIterable<readonly KafkaRecord[]>
  readonly ledger: RedriveLedger
  /** The archive's bucket, with the payloads that were too large for the topic. */
  readonly claims: Pick<ObjectStore, 'get'>
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
 * The name of a rejection's place: where it stands and when it was written, since a topic that was made anew counts from 0 again.
 *
 * @example toPlace({ partition: 2, offset: 40, recordedAtMs: 1700000000000, … }) // '2/40/1700000000000'
 */
export function toPlace({ partition, offset, recordedAtMs }: Pick<KafkaRecord, 'partition' | 'offset' | 'recordedAtMs'>): string {
  return `${partition}/${offset}/${recordedAtMs}`
}

/**
 * Puts rejected records back to the topics they came from, in the order of their rejections, chunk by chunk; stops at the first chunk that
 * is not acknowledged. A record that was put back before is passed over, so that running again goes on where a run stopped.
 *
 * @example const { redriven, error } = await redriveRecords({ batches, ledger, filter: { codes: ['EVENT_INVALID'] }, … })
 */
export async function redriveRecords(options: RedriveOptions): Promise<RedriveReport> {
  const { ledger, isDryRun, limit = Number.POSITIVE_INFINITY, signal, onProgress } = options
  const startMs = performance.now()
  const counts = { redriven: 0, before: 0, outOfAttempts: 0, passedOver: 0, unknown: 0, homeless: 0, gone: 0, tooLarge: 0 }
  const byCode: Record<string, number> = {}
  const byTopic: Record<string, number> = {}
  let chunk: (RedrivenRecord & { readonly code: string; readonly bytes: number })[] = []
  let chunkBytes = 0

  const read = () => ({ ...counts, byCode, byTopic })
  const report = (error?: MillraceError) => ({ ...read(), seconds: (performance.now() - startMs) / 1_000, error })

  function stopIfAsked(place: string): void {
    if (signal?.aborted) throw new MillraceError('SEND_FAILED', `stopped before the rejection at ${place}; run it again to go on`)
  }

  async function flush(): Promise<void> {
    if (chunk.length === 0) return
    stopIfAsked(chunk[0].place)
    try {
      if (!isDryRun) await ledger.putBack(chunk)
      counts.redriven += chunk.length
      for (const { code, outgoing } of chunk) {
        byCode[code] = (byCode[code] ?? 0) + 1
        byTopic[outgoing.topic] = (byTopic[outgoing.topic] ?? 0) + 1
      }
    } catch (cause) {
      if (chunk.length > 1 || !isTooLarge(cause)) throw toSendFailure(chunk, cause)
      counts.tooLarge++
    }
    chunk = []
    chunkBytes = 0
    onProgress?.(read())
  }

  try {
    reading: for await (const batch of options.batches) {
      stopIfAsked(chunk[0]?.place ?? toPlace(batch[0]))
      for (const record of batch) {
        const verdict = await judge(record, options)
        if (typeof verdict === 'string') {
          counts[verdict]++
          continue
        }
        const bytes = bytesOf(verdict.outgoing)
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

type Verdict = 'before' | 'outOfAttempts' | 'passedOver' | 'unknown' | 'homeless' | 'gone' | (RedrivenRecord & { readonly code: string })

async function judge(record: KafkaRecord, { filter, ledger, claims, attemptsAtMost, isTopic }: RedriveOptions): Promise<Verdict> {
  const rejection = parseRejected(record)
  if (rejection === undefined) return 'unknown'
  const { codes, step, sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = filter
  const isMeant =
    (codes === undefined || codes.includes(rejection.code)) &&
    (step === undefined || step === rejection.step) &&
    record.recordedAtMs >= sinceMs &&
    record.recordedAtMs < untilMs
  if (!isMeant) return 'passedOver'
  const place = toPlace(record)
  if (ledger.has(place)) return 'before'
  const { topic, partition } = rejection.source
  if (!isTopic(topic)) return 'homeless'
  const whole = await readClaim(record, claims)
  if (!whole.ok) return 'gone'
  const isRedriven = (one: string) => ledger.has(one)
  if (countRedrives(whole.value, isRedriven) >= attemptsAtMost) return 'outOfAttempts'
  return { outgoing: toRedriven(whole.value, topic, place, isRedriven), partition, place, code: rejection.code }
}

function bytesOf({ key, value, headers = [] }: OutgoingRecord): number {
  const own = Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? '')
  return headers.reduce((sum, [name, content]) => sum + Buffer.byteLength(name) + Buffer.byteLength(content), own)
}

/** What Kafka's client says of a record that no second try will fit. */
function isTooLarge(error: unknown): boolean {
  const { type, cause } = (error ?? {}) as { readonly type?: string; readonly cause?: { readonly type?: string } }
  return type === 'MESSAGE_TOO_LARGE' || cause?.type === 'MESSAGE_TOO_LARGE'
}

function toSendFailure(chunk: readonly RedrivenRecord[], cause: unknown): MillraceError {
  const message = `${toRecordCount(chunk.length)} from the rejection at ${chunk[0].place} on not put back: ${(cause as Error).message}; run it again`
  return new MillraceError('SEND_FAILED', message, { retryable: true, cause })
}

/** Of a run that read everything: records that were meant to go back and could not. */
function toRemainder({ homeless, gone, tooLarge }: Pick<RedriveCounts, 'homeless' | 'gone' | 'tooLarge'>): MillraceError | undefined {
  const reasons = [
    ...(homeless > 0 ? [`${toRecordCount(homeless)} came from a topic that is not there`] : []),
    ...(gone > 0 ? [`the payload of ${toRecordCount(gone)} is not in the archive's bucket any more`] : []),
    ...(tooLarge > 0 ? [`${toRecordCount(tooLarge)} larger than its topic takes`] : []),
  ]
  return reasons.length === 0 ? undefined : new MillraceError('SEND_FAILED', `not all went back: ${reasons.join('; ')}`)
}
