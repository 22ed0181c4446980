import type { Span } from '#functions/archived/hours.ts'
import { isTable } from '#functions/features/decode-op.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { type ArchiveReader, toKafkaRecord } from './archive-reader.ts'
import { findRows, type SliceRow } from './slice.ts'

/** What the windows of a slice's events hold: the records that arrived before, in the order of their arrival. */
export interface WindowFeed {
  /** Gives the records that arrived up to this clock time and have not been given yet, in pieces of a batch. */
  recordsUntil(recordedAtMs: number): AsyncIterable<readonly KafkaRecord[]>
}

interface FeedRow extends SliceRow {
  readonly topic: string
  /** When the record had arrived with all before it in its partition. */
  readonly arrivedAtMs: number
}

const recordsAtOnce = 5_000

/**
 * Finds the records that feed a definition's windows: of every source from as long before the slice as windows reach, of a table all of
 * them, for a row holds until it is replaced; and of all but the events until the slice's end. The slice's own events feed the windows when they are replayed.
 *
 * @example for await (const records of (await makeWindowFeed(archive, pipeline, span)).recordsUntil(fromMs)) await preprocess(records)
 */
export async function makeWindowFeed(
  archive: ArchiveReader,
  pipeline: Pick<Pipeline, 'name' | 'windows' | 'inputs'>,
  { fromMs, toMs }: Span,
): Promise<WindowFeed> {
  const { sources = [], retainMs = 0 } = pipeline.windows ?? {}
  const pending: FeedRow[] = []
  for (const source of sources) {
    const topic = `${pipeline.name}.${source.name}`
    const untilMs = topic === topicName(pipeline.name, 'events') ? fromMs : toMs
    const sinceMs = isTable(pipeline, source) ? Number.NEGATIVE_INFINITY : fromMs - retainMs
    for (const row of toArrivals(topic, await findRows(archive, topic, { fromMs: sinceMs, toMs: untilMs }))) pending.push(row)
  }
  pending.sort((a, b) => a.arrivedAtMs - b.arrivedAtMs || a.partition - b.partition || a.offset - b.offset)
  let next = 0
  return {
    async *recordsUntil(recordedAtMs) {
      while (next < pending.length && pending[next].arrivedAtMs <= recordedAtMs) {
        const records: KafkaRecord[] = []
        while (records.length < recordsAtOnce && next < pending.length && pending[next].arrivedAtMs <= recordedAtMs) {
          const row = pending[next++]
          records.push(toKafkaRecord(row.topic, await archive.rowAt(row)))
        }
        yield records
      }
    },
  }
}

/** A partition's records in the order of their offsets: a producer's clock may step back, the order does not. */
function toArrivals(topic: string, rows: readonly SliceRow[]): FeedRow[] {
  const latest = new Map<number, number>()
  return rows
    .toSorted((a, b) => a.offset - b.offset)
    .map(row => {
      const arrivedAtMs = Math.max(row.recordedAtMs, latest.get(row.partition) ?? 0)
      latest.set(row.partition, arrivedAtMs)
      return { ...row, topic, arrivedAtMs }
    })
}
