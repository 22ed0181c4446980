import type { Payload, Pipeline } from '#models/pipeline-compiler.ts'
import { type Op, toOp } from '#models/windows/op.ts'
import type { SourcePlan, WindowPlan } from '#models/windows/plan.ts'
import type { KafkaRecord } from '../../functions/ports.ts'
import { readOp } from '../../functions/preprocess/count-records.ts'
import { decodeEvent } from '../../functions/preprocess/preprocess.ts'
import { type ArchiveReader, toKafkaRecord } from '../replay/archive-reader.ts'
import { eachRow, type Span } from '../replay/slice.ts'

/** An archived record that windows can count. */
export interface HistoryRecord {
  readonly offset: number
  /** When it had arrived in Kafka with all before it in its partition. */
  readonly arrivedAtMs: number
  readonly op: Op
  /** Later than the definition allows, by the records before it in its partition. */
  readonly isLate: boolean
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
  const histories: PartitionHistory[] = []
  const intern = makeIntern()
  for (const [kind, source] of plan.sources.entries()) {
    const topic = `${pipeline.name}.${source.name}`
    const byPartition = new Map<number, Arrival[]>()
    await eachRow(archive, topic, span, ({ partition, offset, recordedAtMs }, columns) => {
      const counted = toCounted(pipeline, source, toKafkaRecord(topic, columns))
      if (!counted) return
      const { op, event } = counted
      const arrival = { offset, recordedAtMs, op: { ...op, keys: op.keys.map(intern) } }
      const arrivals = byPartition.get(partition) ?? []
      byPartition.set(partition, arrivals)
      arrivals.push(event && isWanted(partition, offset) ? { ...arrival, event } : arrival)
    })
    for (const [partition, arrivals] of byPartition) {
      histories.push({ source: `${topic}-${partition}`, kind, partition, records: toRecords(arrivals, plan) })
    }
  }
  return histories
}

/** The place of the events among a plan's sources. */
export function eventsKind({ sources }: WindowPlan): number {
  return sources.findIndex(({ name }) => name === 'events')
}

/** Whether windows leave the record out. */
export function isDropped({ lateness }: WindowPlan, { isLate }: HistoryRecord): boolean {
  return isLate && lateness.later !== 'amend'
}

interface Arrival {
  readonly offset: number
  readonly recordedAtMs: number
  readonly op: Op
  readonly event?: Payload
}

function toCounted(pipeline: Pipeline, source: SourcePlan, record: KafkaRecord): { op: Op; event?: Payload } | undefined {
  if (source.name !== 'events') {
    const op = readOp(pipeline, source, record)
    return op && { op }
  }
  const decoded = decodeEvent(pipeline, record)
  if (!decoded.ok) return undefined
  try {
    return { op: toOp(source, decoded.value), event: decoded.value }
  } catch {
    return undefined // a function of the definition threw: preprocess rejects it too
  }
}

/** A producer's clock may step back; the order of a partition does not. */
function toRecords(arrivals: readonly Arrival[], { lateness }: WindowPlan): HistoryRecord[] {
  let newestMs = Number.NEGATIVE_INFINITY
  let latestMs = 0
  return arrivals
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ recordedAtMs, ...record }) => {
      const isLate = record.op.atMs < newestMs - lateness.allowedMs
      newestMs = Math.max(newestMs, record.op.atMs)
      latestMs = Math.max(latestMs, recordedAtMs)
      return { ...record, arrivedAtMs: latestMs, isLate }
    })
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
