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
 * Gaps that are kept open in a partition of labels; an offset in an older gap counts as counted.
 *
 * Labels that go round come after later ones, so theirs are gaps until they come, and an outage sends thousands round; a label that is
 * rejected leaves a gap for good. An item grows by 28 kB at most. Events come in their order: what they leave out was rejected.
 */
const labelGapsAtMost = 2_000

/** The rows that were not counted before, and what has been counted with them; a source that stands among the rows twice counts once. */
export function leaveOutCounted<Row extends Pick<CountedRow, 'source' | 'target'>>(
  rows: readonly Row[],
  counted: Applied,
): { readonly rows: readonly Row[]; readonly applied: Applied } {
  const applied: Record<string, number[]> = {}
  const gapsAtMost: Record<string, number> = {}
  const fresh = rows.filter(({ source: { topic, partition, offset }, target }) => {
    const name = `${topic}-${partition}`
    applied[name] ??= [...(counted[name] ?? [])]
    gapsAtMost[name] = target === undefined ? 0 : labelGapsAtMost
    return addOffset(applied[name], offset)
  })
  for (const [name, spans] of Object.entries(applied)) {
    const tooMany = spans.length - 2 - 2 * gapsAtMost[name]
    if (tooMany > 0) spans.splice(1, tooMany) // the oldest ones
  }
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
