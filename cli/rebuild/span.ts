import { toHourStart } from '#functions/archived/hours.ts'
import { decodeCounted } from '#functions/features/decode-op.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { isTable } from '#models/windows/joined-rows.ts'
import type { SourcePlan } from '#models/windows/window-plan.ts'
import { type ArchiveReader, toKafkaRecord } from '../replay/archive-reader.ts'
import type { ArchivePart } from './archive-index.ts'

/** One partition of a source in the archive, and where what has been counted of it ends. */
export interface ArchivedPartition {
  readonly topic: string
  readonly partition: number
  readonly objects: readonly ArchivePart[]
  readonly cut: number
}

/** How far back the archive must be read for a source's windows to be whole. */
export interface SourceSpan {
  /** Objects of hours before this one hold nothing that matters; -Infinity: all matter. */
  readonly fromHourMs: number
  /** The event time from which on windows are whole; null: from the first event on. */
  readonly wholeFromMs: number | null
}

/** Clocks of producers may be a day ahead, and those of machines differ. */
const marginMs = 25 * 3_600_000
const everything: SourceSpan = { fromHourMs: Number.NEGATIVE_INFINITY, wholeFromMs: null }

/**
 * Finds how far back a source must be read.
 *
 * A table has no clock: all of it. Else as far as windows reach, by arrival; and further back as long as records from before that are young
 * enough by their own clock to matter, as after a pause, or where a history is replayed more slowly than it happened.
 */
export async function findSpan(
  archive: ArchiveReader,
  pipeline: Pipeline,
  source: SourcePlan,
  partitions: readonly ArchivedPartition[],
): Promise<SourceSpan> {
  const { retainMs } = pipeline.windows!
  if (source.rings.length === 0 && source.joins.every(isTable)) return everything
  const read = (objects: readonly ArchivePart[]) => readTimes(archive, pipeline, source, partitions, objects)
  const last = await read(partitions.flatMap(({ objects, cut }) => objects.filter(({ firstOffset }) => firstOffset < cut).slice(-1)))
  if (!last) return everything
  const oldestMs = last.atMs - retainMs
  const stepMs = retainMs + marginMs
  const all = partitions.flatMap(({ objects }) => objects)
  for (let fromMs = last.recordedAtMs - stepMs; ; fromMs -= stepMs) {
    const fromHourMs = toHourStart(fromMs)
    const before = all.filter(({ hourStartMs }) => hourStartMs < fromHourMs)
    if (before.length === 0) return { ...everything, wholeFromMs: await findBeginning(partitions, read, retainMs) }
    const lastHourMs = before.reduce((latest, { hourStartMs }) => Math.max(latest, hourStartMs), Number.NEGATIVE_INFINITY)
    const times = await read(before.filter(({ hourStartMs }) => hourStartMs === lastHourMs))
    if (!times || times.atMs < oldestMs) return { fromHourMs, wholeFromMs: null }
  }
}

/** Where the archive begins later than the topic did, windows are whole once they reach back no further than its first records. */
async function findBeginning(
  partitions: readonly ArchivedPartition[],
  read: (objects: readonly ArchivePart[]) => Promise<RecordTimes | undefined>,
  retainMs: number,
): Promise<number | null> {
  const firsts = partitions.flatMap(({ objects }) => objects.slice(0, 1)).filter(({ firstOffset }) => firstOffset > 0)
  const begins = (await Promise.all(firsts.map(async object => (await read([object]))?.firstAtMs))).filter(atMs => atMs !== undefined)
  return begins.length === 0 ? null : Math.max(...begins) + retainMs
}

/** Clocks of records that windows can count. */
interface RecordTimes {
  /** The latest of the records' own. */
  readonly atMs: number
  readonly recordedAtMs: number
  /** Of the record with the lowest offset. */
  readonly firstAtMs: number
}

/** The times of the records of these parts that windows can count, as far as they have been counted; undefined where there is none. */
async function readTimes(
  archive: ArchiveReader,
  pipeline: Pipeline,
  source: SourcePlan,
  partitions: readonly ArchivedPartition[],
  parts: readonly ArchivePart[],
): Promise<RecordTimes | undefined> {
  let times: RecordTimes | undefined
  let firstOffset = Number.POSITIVE_INFINITY
  for (const [key, ofObject] of Map.groupBy(parts, part => part.key)) {
    const cuts = new Map(ofObject.map(part => [part.partition, partitions.find(({ partition }) => partition === part.partition)!]))
    for await (const { rows } of archive.groups(key)) {
      for (const row of rows) {
        const counted = cuts.get(Number(row.partition))
        if (!counted || Number(row.offset) >= counted.cut) continue
        const record = toKafkaRecord(counted.topic, row)
        const { offset, recordedAtMs } = record
        const atMs = decodeCounted(pipeline, source, record)?.op.atMs
        if (atMs === undefined) continue
        times = {
          atMs: Math.max(times?.atMs ?? atMs, atMs),
          recordedAtMs: Math.max(times?.recordedAtMs ?? recordedAtMs, recordedAtMs),
          firstAtMs: offset < firstOffset ? atMs : times!.firstAtMs,
        }
        firstOffset = Math.min(firstOffset, offset)
      }
    }
  }
  return times
}
