import { type Entry, newestOf } from './entry.ts'

/** How far one source has been counted. */
export interface Head {
  /** Number of its last entry; 0 before the first. */
  readonly number: number
  readonly lastOffset: number
  /** The newest event time of the partition; -Infinity before the first. */
  readonly newestMs: number
}

export const noHead: Head = { number: 0, lastOffset: -1, newestMs: Number.NEGATIVE_INFINITY }

export function headAfter({ number, lastOffset, newestBeforeMs, ops }: Entry): Head {
  return { number, lastOffset, newestMs: newestOf(newestBeforeMs, ops) ?? Number.NEGATIVE_INFINITY }
}
