import { toKey } from '#models/windows/op.ts'
import type { ReadPlan, RingPlan, WindowPlan } from '#models/windows/plan.ts'
import { eventsKind, type HistoryRecord, type PartitionHistory } from './history.ts'
import type { WantedRecord } from './recomputed.ts'

interface Placed {
  readonly record: HistoryRecord
  readonly history: PartitionHistory
}

/** Places of the aggregates of an event that the features of then may have seen otherwise than event time says. */
export type FindDoubt = (history: PartitionHistory, record: WantedRecord, madeAtMs: number) => number[]

/**
 * Finds the aggregates that hang on records of which it is not known whether they had been counted.
 *
 * A record waits to be counted: for `lagMs`, or as long as the event itself waited for its prediction. Labels: one in the window that
 * arrived after the prediction was made, or less than that wait before it. Events: one of another partition that arrived less than that
 * wait before the event, or before the prediction was made. Both: buckets that had been given up, because newer records had come by then.
 */
export function makeDoubt(plan: WindowPlan, histories: readonly PartitionHistory[], lagMs: number): FindDoubt {
  const indexes = new Map<string, Map<string, Placed[]>>()
  const newest = plan.sources.map(() => [] as { arrivedAtMs: number; atMs: number }[])

  /** All records of a source by one of its keys, in event time; made when it is first asked for. */
  function indexOf({ source, key }: RingPlan): Map<string, Placed[]> {
    const name = `${source} ${key}`
    const known = indexes.get(name)
    if (known) return known
    const index = new Map<string, Placed[]>()
    for (const history of histories.filter(({ kind }) => kind === source)) {
      for (const record of history.records) {
        const text = record.op.keys[key]
        if (text === null || !record.isCounted) continue
        const list = index.get(text)
        if (list) list.push({ record, history })
        else index.set(text, [{ record, history }])
      }
    }
    for (const list of index.values()) list.sort((a, b) => a.record.op.atMs - b.record.op.atMs)
    indexes.set(name, index)
    return index
  }

  /** The newest event time of a source among what had arrived by then. */
  function newestMs(source: number, arrivedUntilMs: number): number {
    if (newest[source].length === 0) newest[source] = toNewest(histories.filter(({ kind }) => kind === source))
    const list = newest[source]
    return list[lastUntil(list, arrivedUntilMs, ({ arrivedAtMs }) => arrivedAtMs)]?.atMs ?? Number.NEGATIVE_INFINITY
  }

  function isInDoubt(group: ReadPlan, history: PartitionHistory, { event, op, arrivedAtMs }: WantedRecord, madeAtMs: number): boolean {
    const ring = plan.rings[group.ring]
    const key = toKey(group.read(event))
    if (key === null) return false
    const last = Math.floor(op.atMs / ring.bucketMs) - (group.isOpen ? 0 : 1)
    const longest = Math.max(...group.windows.map(({ kind, bucketCount }) => (kind === 'tumbling' ? 2 * bucketCount : bucketCount)))
    const first = last - longest + 1
    const oldestHeld = Math.floor(newestMs(ring.source, madeAtMs) / ring.bucketMs) - ring.bucketCount + 1
    const waitMs = Math.max(lagMs, madeAtMs - arrivedAtMs)
    const isUncertain =
      ring.source === eventsKind(plan)
        ? ({ record, history: other }: Placed) =>
            other !== history && record.arrivedAtMs > arrivedAtMs - waitMs && record.arrivedAtMs <= madeAtMs
        : ({ record }: Placed) => record.arrivedAtMs > madeAtMs - waitMs
    const list = indexOf(ring).get(key) ?? []
    for (let at = lastUntil(list, first * ring.bucketMs - 1, ({ record }) => record.op.atMs) + 1; at < list.length; at++) {
      const bucket = Math.floor(list[at].record.op.atMs / ring.bucketMs)
      if (bucket > last) return false
      if (bucket < oldestHeld || isUncertain(list[at])) return true
    }
    return false
  }

  return (history, record, madeAtMs) =>
    plan.reads
      .filter(group => isInDoubt(group, history, record, madeAtMs))
      .flatMap(({ windows }) => windows.flatMap(({ stats }) => stats.map(({ at }) => at)))
}

/** In the order of arrival, the newest event time so far. */
function toNewest(histories: readonly PartitionHistory[]): { arrivedAtMs: number; atMs: number }[] {
  let newestMs = Number.NEGATIVE_INFINITY
  return histories
    .flatMap(({ records }) => records.map(({ arrivedAtMs, op }) => ({ arrivedAtMs, atMs: op.atMs })))
    .sort((a, b) => a.arrivedAtMs - b.arrivedAtMs)
    .map(({ arrivedAtMs, atMs }) => {
      newestMs = Math.max(newestMs, atMs)
      return { arrivedAtMs, atMs: newestMs }
    })
}

/** The last item whose number is at most `most`, in a list that is ordered by it; -1 where there is none. */
function lastUntil<T>(list: readonly T[], most: number, read: (item: T) => number): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (read(list[middle]) <= most) low = middle + 1
    else high = middle
  }
  return low - 1
}
