import { hourMs, type Span } from '#functions/archived/hours.ts'
import type { Arm } from '#functions/records.ts'
import { type ArchiveReader, objectsOf, type RowGroup, type RowPlace } from './archive-reader.ts'
import type { SliceRow } from './slice.ts'
import { readThenRecord } from './then-record.ts'

/** Clocks of the machines that write differ: a prediction may seem to be older than its event. */
const clockSkewMs = hourMs
/** How far behind the stream a prediction may have been written and is still looked for. */
const latenessMs = 24 * hourMs

/** What was predicted then for an event: where its record is, and what it was made with. */
export interface Then extends RowPlace {
  readonly model: string | null
  readonly arm: Arm
  /** The other models that scored it, in the record's order. */
  readonly others: readonly string[]
  readonly scoredAtMs: number
  readonly recordedAtMs: number
  /** Of the prediction's own record. */
  readonly offset: number
}

/**
 * Finds the archived prediction of each event of the slice; undefined where there is none.
 *
 * Of several predictions of one event, as after a redelivery, the last written counts, as it does in the predictions table.
 */
export async function findThen(
  archive: ArchiveReader,
  topics: { readonly events: string; readonly predictions: string },
  slice: readonly SliceRow[],
  { fromMs, toMs }: Span,
): Promise<(Then | undefined)[]> {
  const found = new Array<Then | undefined>(slice.length).fill(undefined)
  const rowsByOffset = indexByOffset(slice)
  const nameOf = makeNames()
  const isPassed = makePassed(slice)
  let untilMs = toMs + latenessMs
  const span = { fromMs: fromMs - clockSkewMs, toMs: toMs + latenessMs }
  for (const hour of await archive.listHours(topics.predictions, span)) {
    if (hour.hourStartMs >= untilMs) break
    for await (const { key, firstRow, rows } of rowsOf(archive, objectsOf(hour, span))) {
      rows.forEach((columns, at) => {
        const prediction = readThenRecord(columns)?.prediction
        if (prediction?.source.topic !== topics.events) return
        const { source, model, arm, shadows, scoredAtMs } = prediction
        if (isPassed(source.partition, source.offset)) untilMs = Math.min(untilMs, hour.hourStartMs + 2 * hourMs)
        const wanted = rowsByOffset.get(source.partition)?.get(source.offset)
        if (wanted === undefined) return
        const [recordedAtMs, offset] = [Number(columns.recordedAtMs), Number(columns.offset)]
        const before = found[wanted]
        if (before && (before.recordedAtMs - recordedAtMs || before.offset - offset) >= 0) return
        const others = shadows.map(shadow => nameOf(shadow.model))
        found[wanted] = { key, row: firstRow + at, model: model && nameOf(model), arm, others, scoredAtMs, recordedAtMs, offset }
      })
    }
  }
  return found
}

/** The rows of several objects, one object after another. */
async function* rowsOf(archive: ArchiveReader, keys: readonly string[]): AsyncGenerator<RowGroup & { readonly key: string }> {
  for (const key of keys) for await (const group of archive.groups(key)) yield { key, ...group }
}

/** One text for each version, not one for each row. */
function makeNames(): (version: string) => string {
  const names = new Map<string, string>()
  return version => {
    if (!names.has(version)) names.set(version, version)
    return names.get(version)!
  }
}

/** `map.get(partition).get(offset)` is the index in the slice. */
function indexByOffset(slice: readonly SliceRow[]): Map<number, Map<number, number>> {
  const rowsByOffset = new Map<number, Map<number, number>>()
  slice.forEach(({ partition, offset }, at) => {
    const rows = rowsByOffset.get(partition) ?? new Map<number, number>()
    rowsByOffset.set(partition, rows.set(offset, at))
  })
  return rowsByOffset
}

/**
 * Says whether predictions of events after the slice have been seen in every partition of it.
 *
 * A partition's events are predicted in their order, so little of the slice can come later; the search goes on for an hour more.
 */
function makePassed(slice: readonly SliceRow[]): (partition: number, offset: number) => boolean {
  const lastOffsets = new Map<number, number>()
  for (const { partition, offset } of slice) lastOffsets.set(partition, Math.max(lastOffsets.get(partition) ?? -1, offset))
  return (partition, offset) => {
    if (offset > (lastOffsets.get(partition) ?? Number.POSITIVE_INFINITY)) lastOffsets.delete(partition)
    return lastOffsets.size === 0
  }
}
