import type { Span } from '#functions/archived/hours.ts'
import type { Refusal } from '#functions/decode.ts'
import type { EventChecks } from '#functions/features/decode-event.ts'
import { decodeCounted, type InputReader, isTable } from '#functions/features/decode-op.ts'
import { isCounted, makeJudge, toRefusal } from '#functions/features/judge.ts'
import type { Payload } from '#models/pipeline-compiler.ts'
import type { Op } from '#models/windows/op.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import { openWindows } from '#models/windows/windows.ts'
import { type ArchiveReader, toKafkaRecord } from '../replay/archive-reader.ts'
import { eachRow } from '../replay/slice.ts'

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
  /** Whether a row of it holds until it is replaced; its records have no clock, and count from their arrival. */
  readonly isTable: boolean
  readonly partition: number
  readonly records: readonly HistoryRecord[]
}

/**
 * Reads from the archive what fed a definition's windows; records that windows cannot count are left out.
 *
 * A row of a table may be of any age, so a table is read from its first record on; of rows that were replaced before the span, the last of
 * each key is kept. All of it stands in memory, a few hundred bytes a record.
 */
export async function loadHistories(
  archive: ArchiveReader,
  pipeline: EventChecks & InputReader & { readonly name: string },
  options: { readonly plan: WindowPlan; readonly span: Span; readonly isWanted: (partition: number, offset: number) => boolean },
): Promise<PartitionHistory[]> {
  const { plan, span, isWanted } = options
  const partitions: ArrivedPartition[] = []
  const intern = makeIntern()
  for (const [kind, source] of plan.sources.entries()) {
    const topic = `${pipeline.name}.${source.name}`
    const byPartition = new Map<number, Arrival[]>()
    const ofTable = isTable(pipeline, source)
    const reach = ofTable ? { ...span, fromMs: Number.NEGATIVE_INFINITY } : span
    await eachRow(archive, topic, reach, ({ partition, offset, recordedAtMs }, columns) => {
      const counted = decodeCounted(pipeline, source, toKafkaRecord(topic, columns))
      if (!counted) return
      const { op, event } = counted
      const arrival = { offset, recordedAtMs, op: { ...op, keys: op.keys.map(intern) } }
      const arrivals = byPartition.get(partition) ?? []
      byPartition.set(partition, arrivals)
      arrivals.push(event && (plan.repeatAt >= 0 || isWanted(partition, offset)) ? { ...arrival, event } : arrival)
    })
    for (const [partition, arrivals] of byPartition) {
      const records = inOrder(arrivals)
      partitions.push({
        source: `${topic}-${partition}`,
        kind,
        isTable: ofTable,
        partition,
        records: ofTable ? withoutReplaced(records, span.fromMs) : records,
      })
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

/** Leaves out rows whose key has a later one from before that time. */
function withoutReplaced(records: readonly ArrivedRecord[], beforeMs: number): ArrivedRecord[] {
  const keyOf = ({ op }: ArrivedRecord) => op.rows?.[0]?.[0]
  const latest = new Map(records.flatMap(record => (record.arrivedAtMs < beforeMs ? [[keyOf(record), record]] : [])))
  return records.filter(record => record.arrivedAtMs >= beforeMs || latest.get(keyOf(record)) === record)
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
