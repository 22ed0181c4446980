import { toFeedbackValue } from '#functions/archive/feedback-row.ts'
import type { Span } from '#functions/layer/recompute.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { type ArchivePart, indexTopic } from '../rebuild/archive-index.ts'
import { type ArchiveReader, type RowPlace, toKafkaRecord } from '../replay/archive-reader.ts'
import { makeRecentlyUsed } from '../replay/recently-used.ts'

/** Rows whose places are kept at a time, some 100 MB. */
const placesKept = 1_000_000

/** Offsets of a span that are in no object. */
export interface Absence {
  readonly span: Span
  /** Whether the first or the last of a span that was asked for is among them; those between may be marks of transactions, which are no records. */
  readonly isEnd: boolean
}

/** Topic `feedback` in the archive, by partition and offset. */
export interface ArchivedFeedback {
  /** The offset after the last of a partition that is archived. */
  nextOffset(partition: number): number
  /** The records of spans, each once, whichever objects hold it, and what is in none. */
  read(spans: readonly Span[]): Promise<{ readonly records: readonly KafkaRecord[]; readonly absent: readonly Absence[] }>
}

/** Objects of a partition, in the order of their first offsets. */
interface PartitionIndex {
  readonly parts: readonly ArchivePart[]
  /** The largest offset of each object and of those before it. */
  readonly reach: readonly number[]
}

/**
 * Lists what the archive holds of feedback: compacted hours, and small objects that are not compacted yet.
 *
 * @throws FILE_INVALID where an object or a manifest is gone or cut
 */
export async function openArchivedFeedback(archive: ArchiveReader, pipeline: Pick<Pipeline, 'name'>): Promise<ArchivedFeedback> {
  const topic = topicName(pipeline.name, 'feedback')
  const indexes = new Map([...(await indexTopic(archive, topic))].map(([partition, parts]) => [partition, toIndex(parts)]))
  const opened = makeRecentlyUsed<Rows>(placesKept, ({ count }) => count)
  const rowsOf = (key: string) => opened.get(key, async () => toRows(await archive.places(key)))

  async function find([partition, first, last]: Span): Promise<Map<number, RowPlace>> {
    const found = new Map<number, RowPlace>()
    for (const { key } of overlapping(indexes.get(partition), first, last)) {
      const rows = (await rowsOf(key)).byPartition.get(partition)
      for (let offset = first; offset <= last; offset++) {
        const row = rows?.get(offset)
        if (row !== undefined) found.set(offset, { key, row })
      }
    }
    return found
  }

  return {
    nextOffset: partition => (indexes.get(partition)?.reach.at(-1) ?? -1) + 1,
    async read(spans) {
      const records: KafkaRecord[] = []
      const absent: Absence[] = []
      for (const span of spans) {
        const found = await find(span)
        absent.push(...toAbsences(span, found))
        for (const place of found.values()) {
          const row = await archive.rowAt(place)
          records.push({ ...toKafkaRecord(topic, row), value: toFeedbackValue(pipeline, row) })
        }
      }
      return { records, absent }
    },
  }
}

function toIndex(parts: readonly ArchivePart[]): PartitionIndex {
  let furthest = -1
  return { parts, reach: parts.map(({ lastOffset }) => (furthest = Math.max(furthest, lastOffset))) }
}

function* overlapping(index: PartitionIndex | undefined, first: number, last: number): Generator<ArchivePart> {
  if (!index) return
  const { parts, reach } = index
  let [low, high] = [0, parts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (reach[middle] < first) low = middle + 1
    else high = middle
  }
  for (let at = low; at < parts.length && parts[at].firstOffset <= last; at++) if (parts[at].lastOffset >= first) yield parts[at]
}

/** The rows of an object, by partition and offset. */
interface Rows {
  readonly count: number
  readonly byPartition: ReadonlyMap<number, ReadonlyMap<number, number>>
}

function toRows(places: Awaited<ReturnType<ArchiveReader['places']>>): Rows {
  const byPartition = new Map<number, Map<number, number>>()
  places.forEach(({ partition, offset }, row) => {
    if (!byPartition.has(partition)) byPartition.set(partition, new Map())
    byPartition.get(partition)!.set(offset, row)
  })
  return { count: places.length, byPartition }
}

function toAbsences([partition, first, last]: Span, found: ReadonlyMap<number, RowPlace>): Absence[] {
  const absences: Absence[] = []
  let from = first
  for (let offset = first; offset <= last + 1; offset++) {
    if (offset <= last && !found.has(offset)) continue
    if (from < offset) absences.push({ span: [partition, from, offset - 1], isEnd: from === first || offset > last })
    from = offset + 1
  }
  return absences
}
