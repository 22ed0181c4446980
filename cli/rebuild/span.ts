import { decodeCounted } from '#functions/features/decode-op.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { isTable } from '#models/windows/joined-rows.ts'
import type { SourcePlan } from '#models/windows/window-plan.ts'
import { type ArchiveReader, toHourStart, toKafkaRecord } from '../replay/archive-reader.ts'
import type { ArchiveObject } from './archive-index.ts'

/** One partition of a source in the archive, and where what has been counted of it ends. */
export interface ArchivedPartition {
  readonly topic: string
  readonly partition: number
  readonly objects: readonly ArchiveObject[]
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
  const read = (objects: readonly ArchiveObject[]) => readTimes(archive, pipeline, source, partitions, objects)
  const last = await read(partitions.flatMap(({ objects, cut }) => objects.filter(({ firstOffset }) => firstOffset < cut).slice(-1)))
  if (last.length === 0) return everything
  const latest = (times: readonly RecordTimes[], name: keyof RecordTimes) => Math.max(...times.map(time => time[name]))
  const oldestMs = latest(last, 'atMs') - retainMs
  const stepMs = retainMs + marginMs
  const all = partitions.flatMap(({ objects }) => objects)
  for (let fromMs = latest(last, 'recordedAtMs') - stepMs; ; fromMs -= stepMs) {
    const fromHourMs = toHourStart(fromMs)
    const before = all.filter(({ hourMs }) => hourMs < fromHourMs)
    if (before.length === 0) return { ...everything, wholeFromMs: await findBeginning(partitions, read, retainMs) }
    const lastHourMs = Math.max(...before.map(({ hourMs }) => hourMs))
    const times = await read(before.filter(({ hourMs }) => hourMs === lastHourMs))
    if (times.every(({ atMs }) => atMs < oldestMs)) return { fromHourMs, wholeFromMs: null }
  }
}

/** Where the archive begins later than the topic did, windows are whole once they reach back no further than its first records. */
async function findBeginning(
  partitions: readonly ArchivedPartition[],
  read: (objects: readonly ArchiveObject[]) => Promise<RecordTimes[]>,
  retainMs: number,
): Promise<number | null> {
  const firsts = partitions.flatMap(({ objects }) => objects.slice(0, 1)).filter(({ firstOffset }) => firstOffset > 0)
  const begins = (await Promise.all(firsts.map(async object => (await read([object]))[0]?.atMs))).filter(atMs => atMs !== undefined)
  return begins.length === 0 ? null : Math.max(...begins) + retainMs
}

interface RecordTimes {
  /** The record's own clock. */
  readonly atMs: number
  readonly recordedAtMs: number
}

/** The times of the records of these objects that windows can count, as far as they have been counted. */
async function readTimes(
  archive: ArchiveReader,
  pipeline: Pipeline,
  source: SourcePlan,
  partitions: readonly ArchivedPartition[],
  objects: readonly ArchiveObject[],
): Promise<RecordTimes[]> {
  const times: RecordTimes[] = []
  for (const object of objects) {
    const { topic, cut } = partitions.find(({ partition }) => partition === object.partition)!
    for (const row of await archive.read(object.key)) {
      const record = toKafkaRecord(topic, row)
      const atMs = record.offset < cut ? decodeCounted(pipeline, source, record)?.op.atMs : undefined
      if (atMs !== undefined) times.push({ atMs, recordedAtMs: record.recordedAtMs })
    }
  }
  return times
}
