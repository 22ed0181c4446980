import type { Lateness } from '#models/windows/aggregate.ts'
import type { Refusal } from '../decode.ts'

/** What windows do with a record by its own clock: all but `inTime` are late. */
export type Timing = 'inTime' | 'amended' | 'dropped'

/** Says of the records of a partition, one after another, whether they are late by those that were counted before. */
export interface LatenessJudge {
  timingOf(atMs: number): Timing
  /** A record that windows count. */
  take(atMs: number): void
}

/** Begins with the newest event time that the partition has had; -Infinity before its first. */
export function makeJudge({ allowedMs, later }: Lateness, newestBeforeMs = Number.NEGATIVE_INFINITY): LatenessJudge {
  let newestMs = newestBeforeMs
  return {
    timingOf(atMs) {
      if (atMs >= newestMs - allowedMs) return 'inTime'
      return later === 'amend' ? 'amended' : 'dropped'
    },
    take(atMs) {
      newestMs = Math.max(newestMs, atMs)
    },
  }
}

/** Whether windows count a record: an event whose id came before is left out, whatever its clock. */
export function isCounted(timing: Timing, isRepeat: boolean): boolean {
  return !isRepeat && timing !== 'dropped'
}

/** Why an event gets no features though it is valid; undefined where it gets them: a late one does, unless lateness says to reject it. */
export function toRefusal(
  { allowedMs, later }: Lateness,
  { isLate, isRepeat }: { readonly isLate: boolean; readonly isRepeat: boolean },
): Refusal | undefined {
  if (isRepeat) return { ok: false, code: 'EVENT_REPEATED', reason: 'an event of this id came before' }
  if (!isLate || later !== 'reject') return undefined
  return { ok: false, code: 'EVENT_LATE', reason: `more than ${allowedMs} ms older than its partition's newest event` }
}
