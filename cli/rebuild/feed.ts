import { cut } from '#functions/adapters/concurrency.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import { type ArchiveReader, type RowPlace, toKafkaRecord } from '../replay/archive-reader.ts'
import type { ArchivePart } from './archive-index.ts'

/** Records of a partition that are in memory at a time: as many as a small object holds at most. */
const recordsOfPiece = 5_000

/** What is to be read of one partition: offsets from `fromOffset` on, before `toOffset`. */
export interface PartitionFeed {
  readonly topic: string
  readonly partition: number
  /** In the order of their first offsets. */
  readonly objects: readonly ArchivePart[]
  readonly fromOffset: number
  readonly toOffset: number
}

/**
 * The records of several partitions in the order in which they reached Kafka, each once, in pieces of a batch that arrived within `spanMs`.
 *
 * A partition's own order is that of its offsets, though a producer's clock may step back. In memory are a piece of each partition, and where the records of an object lie.
 */
export async function* mergeFeeds(
  archive: ArchiveReader,
  feeds: readonly PartitionFeed[],
  { spanMs, recordsAtOnce }: { readonly spanMs: number; readonly recordsAtOnce: number },
): AsyncGenerator<readonly KafkaRecord[]> {
  const cursors: Cursor[] = []
  for (const feed of feeds) await advance({ pieces: readPieces(archive, feed), records: [], next: 0, arrivedAtMs: 0 }, cursors)
  let batch: KafkaRecord[] = []
  let beganAtMs = 0
  while (cursors.length > 0) {
    const cursor = cursors.reduce((first, other) => (other.arrivedAtMs < first.arrivedAtMs ? other : first))
    const isFull = batch.length >= recordsAtOnce || cursor.arrivedAtMs >= beganAtMs + spanMs
    if (isFull && batch.length > 0) {
      yield batch
      batch = []
    }
    if (batch.length === 0) beganAtMs = cursor.arrivedAtMs
    batch.push(cursor.records[cursor.next++])
    if (cursor.next < cursor.records.length) cursor.arrivedAtMs = Math.max(cursor.arrivedAtMs, cursor.records[cursor.next].recordedAtMs)
    else {
      cursors.splice(cursors.indexOf(cursor), 1)
      await advance(cursor, cursors)
    }
  }
  if (batch.length > 0) yield batch
}

interface Cursor {
  readonly pieces: AsyncGenerator<readonly KafkaRecord[]>
  records: readonly KafkaRecord[]
  next: number
  /** When the next record had arrived with all before it in its partition. */
  arrivedAtMs: number
}

/** Puts a cursor among the others once it has a next piece; one at its end is left out. */
async function advance(cursor: Cursor, cursors: Cursor[]): Promise<void> {
  const piece = await cursor.pieces.next()
  if (piece.done) return
  cursor.records = piece.value
  cursor.next = 0
  cursor.arrivedAtMs = Math.max(cursor.arrivedAtMs, piece.value[0].recordedAtMs)
  cursors.push(cursor)
}

/**
 * A partition's records in the order of their offsets, a piece at a time. Objects overlap where a batch was cut differently when it came again,
 * and in an hour that is compacted in part.
 */
async function* readPieces(
  archive: ArchiveReader,
  { topic, objects, fromOffset, toOffset }: PartitionFeed,
): AsyncGenerator<readonly KafkaRecord[]> {
  const wanted = objects.filter(({ firstOffset, lastOffset }) => lastOffset >= fromOffset && firstOffset < toOffset)
  for (let at = 0; at < wanted.length; ) {
    const byOffset = new Map<number, RowPlace>()
    let lastOffset = wanted[at].lastOffset
    for (; at < wanted.length && wanted[at].firstOffset <= lastOffset; at++) {
      lastOffset = Math.max(lastOffset, wanted[at].lastOffset)
      const { key, partition } = wanted[at]
      const places = await archive.places(key)
      places.forEach((place, row) => {
        if (place.partition === partition && place.offset >= fromOffset && place.offset < toOffset) byOffset.set(place.offset, { key, row })
      })
    }
    const rows = [...byOffset].sort(([a], [b]) => a - b)
    for (const piece of cut(rows, recordsOfPiece)) {
      const records: KafkaRecord[] = []
      for (const [, place] of piece) records.push(toKafkaRecord(topic, await archive.rowAt(place)))
      yield records
    }
  }
}
