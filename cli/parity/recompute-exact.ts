import type { FeatureMaker } from '#models/pipeline-compiler.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import { openWindows, type Windows } from '#models/windows/windows.ts'
import { eventsKind, type HistoryRecord, type PartitionHistory } from './history.ts'
import { isWanted, type Recomputed, toRecomputed } from './recomputed.ts'
import type { StateLog } from './state-log.ts'

/**
 * Makes features again from the archived records that had been counted when each event was looked at, which the state's log tells.
 *
 * Of the log only its offsets are used: times, keys and values come from the archive, so that a wrong one in the state shows.
 * Partitions are gone through one after the other: what the entries of one had seen only grows.
 */
export async function* recomputeExactly(parts: {
  readonly pipeline: FeatureMaker
  readonly plan: WindowPlan
  readonly histories: readonly PartitionHistory[]
  readonly log: StateLog
}): AsyncGenerator<Recomputed> {
  const { plan, histories } = parts
  for (const own of histories) if (own.kind === eventsKind(plan)) yield* recomputePartition(parts, own)
}

async function* recomputePartition(
  { pipeline, plan, histories, log }: Parameters<typeof recomputeExactly>[0],
  own: PartitionHistory,
): AsyncGenerator<Recomputed> {
  const wanted = own.records.filter(isWanted)
  if (wanted.length === 0) return
  const { source, partition } = own
  const others = histories.filter(history => history !== own)
  let view = openView(plan)
  let next = 0
  for await (const { firstOffset, lastOffset, seen } of log.entriesOf(source, wanted[0].offset, wanted[wanted.length - 1].offset)) {
    while (next < wanted.length && wanted[next].offset < firstOffset) {
      yield { partition, offset: wanted[next++].offset, outcome: 'forgotten' }
    }
    const isArchived = seen !== undefined && others.every(other => holds(other, seen.get(other.source)))
    if (isArchived) {
      if (others.some(other => view.isAhead(other, seen.get(other.source) ?? -1))) view = openView(plan) // another way of writing than ours
      for (const other of others) view.advance(other, seen.get(other.source) ?? -1)
    }
    for (; next < wanted.length && wanted[next].offset <= lastOffset; next++) {
      const record = wanted[next]
      if (!seen) yield { partition, offset: record.offset, outcome: 'forgotten' }
      else if (!isArchived) yield { partition, offset: record.offset, outcome: 'notArchived' }
      else {
        view.advance(own, record.offset - 1)
        yield toRecomputed(pipeline, own, record, view.windows)
      }
    }
  }
  for (; next < wanted.length; next++) yield { partition, offset: wanted[next].offset, outcome: 'forgotten' }
}

/** Windows, and how far each partition has been counted in them. */
interface View {
  readonly windows: Windows
  /** Whether a record after the offset has been counted. */
  isAhead(history: PartitionHistory, offset: number): boolean
  /** Counts the records up to and with the offset. */
  advance(history: PartitionHistory, offset: number): void
}

function openView(plan: WindowPlan): View {
  const windows = openWindows(plan)
  const counts = new Map<PartitionHistory, number>()
  return {
    windows,
    isAhead: (history, offset) => (history.records[(counts.get(history) ?? 0) - 1]?.offset ?? -1) > offset,
    advance(history, offset) {
      const { kind, records } = history
      let at = counts.get(history) ?? 0
      for (; at < records.length && records[at].offset <= offset; at++) {
        if (records[at].isCounted) windows.apply(kind, records[at].op)
      }
      counts.set(history, at)
    },
  }
}

/** Whether the archive holds what had been counted last; what is older than all of it is out of every window's reach. */
function holds({ records }: PartitionHistory, offset: number | undefined): boolean {
  if (offset === undefined || offset < records[0].offset) return true
  return records[findOffset(records, offset)]?.offset === offset
}

/** The first record at the offset or after it. */
function findOffset(records: readonly HistoryRecord[], offset: number): number {
  let [low, high] = [0, records.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (records[middle].offset < offset) low = middle + 1
    else high = middle
  }
  return low
}
