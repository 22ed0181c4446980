import type { Prediction, Source } from '../records.ts'

/** A prediction to be counted, with its truth where that has come, and the source whose offset guards it: the event's or the label's. */
export interface CountedRow {
  readonly prediction: Prediction
  readonly target?: 0 | 1
  readonly source: Source
}

/** Last source offset counted, by source partition. */
export type Applied = Readonly<Record<string, number>>

/** The rows that were not counted before, and how far that brings the count; sources of one partition come in the order of their offsets. */
export function leaveOutCounted<Row extends { readonly source: Source }>(
  rows: readonly Row[],
  counted: Applied,
): { readonly rows: readonly Row[]; readonly applied: Applied } {
  const applied: Record<string, number> = { ...counted }
  const fresh = rows.filter(({ source }) => {
    const partition = `${source.topic}-${source.partition}`
    if (source.offset <= (applied[partition] ?? -1)) return false
    applied[partition] = source.offset
    return true
  })
  return { rows: fresh, applied }
}
