import type { Refusal } from '#functions/decode.ts'
import { decodeCounted } from '#functions/features/decode-op.ts'
import { isCounted, makeJudge, toRefusal } from '#functions/features/judge.ts'
import type { Payload, Pipeline } from '#models/pipeline-compiler.ts'
import type { Op } from '#models/windows/op.ts'
import type { WindowPlan } from '#models/windows/plan.ts'
import { openWindows } from '#models/windows/windows.ts'
import { type ArchiveReader, toKafkaRecord } from '../replay/archive-reader.ts'
import { eachRow, type Span } from '../replay/slice.ts'

/** An archived record that windows can count. */
export interface HistoryRecord {
  readonly offset: number
  /** When it had arrived in Kafka with all before it in its partition. */
  readonly arrivedAtMs: number
  readonly op: Op
  /** Whether windows count it, by the records before it: neither too late nor a repeat. */
  readonly isCounted: boolean
  /** Why the event had no features: too late, or a repeat. */
  readonly refusal?: Refusal
  /** The event itself, where its features are wanted. */
  readonly event?: Payload
}

/** The archived records of one partition of a source, in the order of their offsets. */
export interface PartitionHistory {
  /** `<topic>-<partition>`, as the state names it. */
  readonly source: string
  /** Place of the source among those of the plan. */
  readonly kind: number
  readonly partition: number
  readonly records: readonly HistoryRecord[]
}

/**
 * Reads from the archive what fed a definition's windows; records that windows cannot count are left out.
 *
 * All of it stands in memory, a few hundred bytes a record.
 */
export async function loadHistories(
  archive: ArchiveReader,
  pipeline: Pipeline,
  options: { readonly plan: WindowPlan; readonly span: Span; readonly isWanted: (partition: number, offset: number) => boolean },
): Promise<PartitionHistory[]> {
  const { plan, span, isWanted } = options
  const partitions: ArrivedPartition[] = []
  const intern = makeIntern()
  for (const [kind, source] of plan.sources.entries()) {
    const topic = `${pipeline.name}.${source.name}`
    const byPartition = new Map<number, Arrival[]>()
    await eachRow(archive, topic, span, ({ partition, offset, recordedAtMs }, columns) => {
      const counted = decodeCounted(pipeline, source, toKafkaRecord(topic, columns))
      if (!counted) return
      const { op, event } = counted
      const arrival = { offset, recordedAtMs, op: { ...op, keys: op.keys.map(intern) } }
      const arrivals = byPartition.get(partition) ?? []
      byPartition.set(partition, arrivals)
      arrivals.push(event && (plan.repeatAt >= 0 || isWanted(partition, offset)) ? { ...arrival, event } : arrival)
    })
    for (const [partition, arrivals] of byPartition) {
      partitions.push({ source: `${topic}-${partition}`, kind, partition, records: inOrder(arrivals) })
    }
  }
  return judge(partitions, options)
}

/** The place of the events among a plan's sources. */
export function eventsKind({ sources }: WindowPlan): number {
  return sources.findIndex(({ name }) => name === 'events')
}

interface Arrival {
  readonly offset: number
  readonly recordedAtMs: number
  readonly op: Op
  readonly event?: Payload
}

interface ArrivedPartition extends Omit<PartitionHistory, 'records'> {
  readonly records: readonly ArrivedRecord[]
}

type ArrivedRecord = Omit<HistoryRecord, 'isCounted' | 'refusal'>

/** A producer's clock may step back; the order of a partition does not. */
function inOrder(arrivals: readonly Arrival[]): ArrivedRecord[] {
  let latestMs = 0
  return arrivals
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ recordedAtMs, ...record }) => {
      latestMs = Math.max(latestMs, recordedAtMs)
      return { ...record, arrivedAtMs: latestMs }
    })
}

/** Judges each record by those of its partition before it, and each event by those of its id, in the order of arrival. */
function judge(
  partitions: readonly ArrivedPartition[],
  { plan, isWanted }: { readonly plan: WindowPlan; readonly isWanted: (partition: number, offset: number) => boolean },
): PartitionHistory[] {
  const windows = plan.repeatAt < 0 ? undefined : openWindows(plan)
  const judges = partitions.map(() => makeJudge(plan.lateness))
  const histories = partitions.map(history => ({ ...history, records: [] as HistoryRecord[] }))
  const arrivals = partitions.flatMap(({ partition, records }, at) => records.map(record => ({ at, partition, record })))
  arrivals.sort((a, b) => a.record.arrivedAtMs - b.record.arrivedAtMs || a.partition - b.partition || a.record.offset - b.record.offset)
  for (const { at, partition, record } of arrivals) {
    const { event, ...unwanted } = record
    const { atMs } = record.op
    const timing = judges[at].timingOf(atMs)
    const isRepeat = (event && windows?.isRepeat(event)) ?? false
    const judged = { ...(event && isWanted(partition, record.offset) ? record : unwanted), isCounted: isCounted(timing, isRepeat) }
    const refusal = event && toRefusal(plan.lateness, { isLate: timing !== 'inTime', isRepeat })
    histories[at].records.push(refusal ? { ...judged, refusal } : judged)
    if (!judged.isCounted) continue
    judges[at].take(atMs)
    if (event) windows?.apply(histories[at].kind, record.op)
  }
  return histories
}

/** One text for each key, not one for each record. */
function makeIntern(): (key: string | null) => string | null {
  const known = new Map<string, string>()
  return key => {
    if (key === null) return null
    const text = known.get(key)
    if (text !== undefined) return text
    known.set(key, key)
    return key
  }
}
