import { toKey } from '#models/windows/op.ts'
import type { ReadPlan, WindowPlan } from '#models/windows/window-plan.ts'
import { type JoinDoubt, type Moment, makeJoinDoubt } from './doubt-joins.ts'
import { eventsKind, type PartitionHistory } from './history.ts'
import type { WantedRecord } from './recomputed.ts'
import { makeIndex, type Placed } from './record-index.ts'

/** What the features of then may have seen otherwise than event time says. */
export interface Doubt {
  /** Places of aggregates. */
  readonly aggregates: readonly number[]
  readonly joins: readonly JoinDoubt[]
}

export type FindDoubt = (history: PartitionHistory, record: WantedRecord, madeAtMs: number) => Doubt

/**
 * Finds what hangs on records of which it is not known whether they had been counted.
 *
 * Labels and records of streams: one in the window that arrived after the prediction was made, or less than the wait before it. Events: one
 * of another partition that arrived less than the wait before the event, or before the prediction was made. Both: buckets that had been
 * given up, because newer records had come by then. Joins likewise: `doubt-joins.ts`.
 */
export function makeDoubt(plan: WindowPlan, histories: readonly PartitionHistory[], lagMs: number): FindDoubt {
  const keysOfRings = makeIndex(histories, ({ op }, key) => op.keys[key])
  const newest = plan.sources.map(() => [] as { arrivedAtMs: number; atMs: number }[])

  /** The newest event time of a source among what had arrived by then. */
  function newestMs(source: number, arrivedUntilMs: number): number {
    if (newest[source].length === 0) newest[source] = toNewest(histories.filter(({ kind }) => kind === source))
    const list = newest[source]
    return list[lastUntil(list, arrivedUntilMs, ({ arrivedAtMs }) => arrivedAtMs)]?.atMs ?? Number.NEGATIVE_INFINITY
  }

  function isInDoubt(group: ReadPlan, { history, record: { event, op, arrivedAtMs }, madeAtMs, waitMs }: Moment): boolean {
    const ring = plan.rings[group.ring]
    const key = toKey(group.read(event))
    if (key === null) return false
    const last = Math.floor(op.atMs / ring.bucketMs) - (group.isOpen ? 0 : 1)
    const longest = Math.max(...group.windows.map(({ kind, bucketCount }) => (kind === 'tumbling' ? 2 * bucketCount : bucketCount)))
    const first = last - longest + 1
    const oldestHeld = Math.floor(newestMs(ring.source, madeAtMs) / ring.bucketMs) - ring.bucketCount + 1
    const isUncertain =
      ring.source === eventsKind(plan)
        ? ({ record, history: other }: Placed) =>
            other !== history && record.arrivedAtMs > arrivedAtMs - waitMs && record.arrivedAtMs <= madeAtMs
        : ({ record }: Placed) => record.arrivedAtMs > madeAtMs - waitMs
    const list = keysOfRings(ring.source, ring.key).get(key) ?? []
    for (let at = lastUntil(list, first * ring.bucketMs - 1, ({ record }) => record.op.atMs) + 1; at < list.length; at++) {
      const bucket = Math.floor(list[at].record.op.atMs / ring.bucketMs)
      if (bucket > last) return false
      if (bucket < oldestHeld || isUncertain(list[at])) return true
    }
    return false
  }

  const findJoins = makeJoinDoubt(plan, { histories, newestMs })
  return (history, record, madeAtMs) => {
    const moment = { history, record, madeAtMs, waitMs: Math.max(lagMs, madeAtMs - record.arrivedAtMs) }
    const groups = plan.reads.filter(group => isInDoubt(group, moment))
    return {
      aggregates: groups.flatMap(({ windows }) => windows.flatMap(({ stats }) => stats.map(({ at }) => at))),
      joins: findJoins(moment),
    }
  }
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
