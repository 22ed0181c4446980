import type { ArchiveRow } from '#functions/archive/prediction-row.ts'
import type { Span } from '#functions/archived/hours.ts'
import { MillraceError } from '#models/errors.ts'
import { type ArchiveReader, objectsOf, type RowPlace } from './archive-reader.ts'

/** An archived event of the slice, by its place in Kafka; its bytes stay in the archive until its batch is replayed. */
export interface SliceRow extends RowPlace {
  readonly partition: number
  readonly offset: number
  readonly recordedAtMs: number
}

/**
 * Finds the events that arrived in the span.
 *
 * Every object is decoded once here, so that one that is cut stops the replay before anything is sent. The span is of arrival times in Kafka.
 *
 * @throws ARGUMENT_INVALID where there is none; FILE_INVALID where an object cannot be read
 */
export async function readSlice(archive: ArchiveReader, topic: string, span: Span): Promise<SliceRow[]> {
  const slice = await findRows(archive, topic, span)
  if (slice.length > 0) return slice
  const said = `${new Date(span.fromMs).toISOString()} to ${new Date(span.toMs).toISOString()}`
  throw new MillraceError('ARGUMENT_INVALID', `no record of ${topic} that arrived from ${said} is archived; change --from or --to`)
}

/** The archived records of a topic that arrived in the span: one row for each (partition, offset), however the archive's objects overlap. */
export async function findRows(archive: ArchiveReader, topic: string, span: Span): Promise<SliceRow[]> {
  const found: SliceRow[] = []
  await eachRow(archive, topic, span, row => void found.push(row))
  return found
}

/** Shows the same records one by one, with their columns. */
export async function eachRow(
  archive: ArchiveReader,
  topic: string,
  span: Span,
  visit: (row: SliceRow, columns: ArchiveRow) => void,
): Promise<void> {
  const { fromMs, toMs } = span
  const seen = new Map<number, Set<number>>()
  for (const key of (await archive.listHours(topic, span)).flatMap(hour => objectsOf(hour, span))) {
    for await (const { firstRow, rows } of archive.groups(key)) {
      rows.forEach((columns, at) => {
        const [partition, offset, recordedAtMs] = [columns.partition, columns.offset, columns.recordedAtMs].map(Number)
        if (recordedAtMs < fromMs || recordedAtMs >= toMs) return
        const offsets = seen.get(partition) ?? new Set()
        if (offsets.has(offset)) return
        seen.set(partition, offsets.add(offset))
        visit({ key, row: firstRow + at, partition, offset, recordedAtMs }, columns)
      })
    }
  }
}
