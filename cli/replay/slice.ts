import type { ArchiveRow } from '#functions/archive/prediction-row.ts'
import { MillraceError } from '#models/errors.ts'
import { type ArchiveReader, toHours } from './archive-reader.ts'

/** The place of an archived row: which object, which row of it. */
export interface RowPlace {
  readonly key: string
  readonly row: number
}

/** An archived event of the slice, by its place in Kafka; its bytes stay in the archive until its batch is replayed. */
export interface SliceRow extends RowPlace {
  readonly partition: number
  readonly offset: number
  readonly recordedAtMs: number
}

/** A span of arrival times in Kafka: from the first moment on, which may be -Infinity, up to and without the second. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/**
 * Finds the events that arrived in the span.
 *
 * Every object is decoded once here, so that one that is cut stops the replay before anything is sent.
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
  for await (const key of keysOf(archive, topic, span)) {
    const rows = await archive.read(key)
    rows.forEach((columns, row) => {
      const [partition, offset, recordedAtMs] = [columns.partition, columns.offset, columns.recordedAtMs].map(Number)
      if (recordedAtMs < fromMs || recordedAtMs >= toMs) return
      const offsets = seen.get(partition) ?? new Set()
      if (offsets.has(offset)) return
      seen.set(partition, offsets.add(offset))
      visit({ key, row, partition, offset, recordedAtMs }, columns)
    })
  }
}

/** Keys of the objects that may hold records of the span: hour by hour, or all of the topic's where it has no beginning. */
async function* keysOf(archive: ArchiveReader, topic: string, { fromMs, toMs }: Span): AsyncGenerator<string> {
  if (fromMs === Number.NEGATIVE_INFINITY) {
    yield* await archive.listTopic(topic)
    return
  }
  for (const hour of toHours(fromMs, toMs)) yield* await archive.listHour(topic, hour)
}
