import type { Prediction, Source } from '../records.ts'

/** A prediction to be counted, with its truth where that has come, and the source whose offset guards it: the event's or the label's. */
export interface CountedRow {
  readonly prediction: Prediction
  readonly target?: 0 | 1
  readonly source: Source
}

/** Spans of source offsets that have been counted, oldest first, both ends of each: `[first, last, first, last, …]`. */
export type Spans = readonly number[]

/** What has been counted, by source partition. */
export type Applied = Readonly<Record<string, Spans>>

/**
 * Gaps that are kept open in a partition; an offset in an older one counts as counted.
 *
 * Labels that go round come after later ones, so theirs are gaps until they come; a label that is rejected leaves one for good. At one in
 * a hundred, a label may be 20,000 others late. An item grows by 3 kB.
 */
const gapsAtMost = 200

/** The rows that were not counted before, and what has been counted with them; a source that stands among the rows twice counts once. */
export function leaveOutCounted<Row extends { readonly source: Source }>(
  rows: readonly Row[],
  counted: Applied,
): { readonly rows: readonly Row[]; readonly applied: Applied } {
  const applied: Record<string, number[]> = {}
  const fresh = rows.filter(({ source: { topic, partition, offset } }) => {
    const name = `${topic}-${partition}`
    applied[name] ??= [...(counted[name] ?? [])]
    return addOffset(applied[name], offset)
  })
  for (const spans of Object.values(applied)) spans.splice(1, Math.max(0, spans.length - 2 - 2 * gapsAtMost)) // closes the oldest gaps
  return { rows: fresh, applied: { ...counted, ...applied } }
}

/** Adds an offset to spans; false where it is in one already. */
function addOffset(spans: number[], offset: number): boolean {
  let at = spans.length // of the first span that begins after the offset; most offsets come after all others
  while (at > 0 && spans[at - 2] > offset) at -= 2
  if (at > 0 && offset <= spans[at - 1]) return false
  const touchesBefore = at > 0 && spans[at - 1] === offset - 1
  const touchesAfter = at < spans.length && spans[at] === offset + 1
  if (touchesBefore && touchesAfter) spans.splice(at - 1, 2)
  else if (touchesBefore) spans[at - 1] = offset
  else if (touchesAfter) spans[at] = offset
  else spans.splice(at, 0, offset, offset)
  return true
}
