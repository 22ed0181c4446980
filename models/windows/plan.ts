import type { KeyValue, Lateness, Stat } from './aggregate.ts'
import { type AggregatePlace, layoutHash } from './layout.ts'
import type { JoinPlan, Lane, ReadPlan, RingPlan, StatPlan, ValuePlan, WindowPlan, WindowRead, WindowSource } from './window-plan.ts'

type Payload = Readonly<Record<string, unknown>>

/** An aggregate as the compiler of windows takes it: checked, without types, with every setting said. */
export interface CheckedAggregate {
  readonly over: string
  readonly by: (record: Payload) => KeyValue
  readonly read: (event: Payload) => KeyValue
  readonly value?: (record: Payload) => number | string | null
  readonly stat: Stat
  readonly windowMs: number
  readonly bucketMs: number
  readonly window: 'sliding' | 'tumbling' | 'session'
  readonly gapMs: number
  readonly halfLifeMs: number
  readonly resolution: number
}

/** No input can have this name. */
export const repeatJoin = '#repeat'

interface Draft {
  readonly source: number
  readonly key: number
  readonly bucketMs: number
  windowBuckets: number
  readonly sums: Lane[]
  readonly kept: Lane[]
  readonly sketches: Lane[]
}

/** Compiles aggregates, so that those with the same source, key function and bucket share one ring, and each number in it is kept once. */
export function planWindows(
  aggregates: Readonly<Record<string, CheckedAggregate>>,
  sources: readonly WindowSource[],
  lateness: Lateness,
  joins: readonly JoinPlan[] = [],
  revision = 1,
): WindowPlan {
  const places: AggregatePlace[] = []
  const keys = sources.map((): CheckedAggregate['by'][] => [])
  const values = sources.map((): ValuePlan[] => [])
  const rings: Draft[] = []
  const reads: { ring: number; read: ReadPlan['read']; isOpen: boolean; windows: (WindowRead & { stats: StatPlan[] })[] }[] = []

  Object.entries(aggregates).forEach(([name, aggregate], at) => {
    const { over, by, read, value, stat, windowMs, bucketMs, window, gapMs, halfLifeMs, resolution } = aggregate
    const source = sources.findIndex(({ name }) => name === over)
    const isHashed = stat === 'distinct'
    const key = placeOf(keys[source], by, known => known === by)
    const valueAt = value
      ? placeOf(values[source], { read: value, resolution, isHashed }, known => {
          return known.read === value && known.resolution === resolution && known.isHashed === isHashed
        })
      : -1
    const bucketCount = Math.round(windowMs / bucketMs)
    const ringAt = placeOf(
      rings,
      { source, key, bucketMs, windowBuckets: 0, sums: [], kept: [], sketches: [] },
      known => known.source === source && known.key === key && known.bucketMs === bucketMs,
    )
    const ring = rings[ringAt]
    places.push({ name, ring: ringAt, key, value: valueAt })
    ring.windowBuckets = Math.max(ring.windowBuckets, window === 'tumbling' ? 2 * bucketCount : bucketCount)
    const lanes = addLanes(ring, stat, valueAt)
    const isOpen = over === 'events'
    const group = reads[placeOf(reads, { ring: ringAt, read, isOpen, windows: [] }, known => known.ring === ringAt && known.read === read)]
    const shape = { kind: window, bucketCount, windowMs, gapMs, stats: [] }
    const isSame = (known: WindowRead) => known.kind === window && known.bucketCount === bucketCount && known.gapMs === gapMs
    group.windows[placeOf(group.windows, shape, isSame)].stats.push({ at, stat, ...lanes, resolution, halfLifeMs })
  })

  const ringPlans = rings.map(ring => finishRing(ring, lateness.allowedMs))
  const plan = {
    names: Object.keys(aggregates),
    sources: sources.map((source, index) => ({
      ...source,
      keys: keys[index],
      values: values[index],
      rings: ringPlans.filter(ring => ring.source === index),
      joins: joins.filter(join => join.source === index),
    })),
    rings: ringPlans,
    reads,
    joins,
    repeatAt: joins.findIndex(({ name }) => name === repeatJoin),
    lateness,
    retainMs: Math.max(
      0,
      ...ringPlans.map(({ bucketCount, bucketMs }) => bucketCount * bucketMs),
      ...joins.map(({ beforeMs }) => (Number.isFinite(beforeMs) ? beforeMs + lateness.allowedMs : 0)),
    ),
  }
  return { ...plan, layout: layoutHash(plan, places, revision) }
}

/** Where an item that is the same is in the list; it is added where there is none. */
function placeOf<T>(items: T[], item: T, isSame: (known: T) => boolean): number {
  const at = items.findIndex(isSame)
  return at < 0 ? items.push(item) - 1 : at
}

function finishRing({ source, key, bucketMs, windowBuckets, sums, kept, sketches }: Draft, allowedMs: number): RingPlan {
  return {
    source,
    key,
    bucketMs,
    bucketCount: windowBuckets + Math.ceil(allowedMs / bucketMs) + 1,
    sums,
    kept,
    sketches,
    stride: 1 + sums.length + kept.length,
    sumCount: sums.length,
    keptCount: kept.length,
    sketchCount: sketches.length,
  }
}

/** Makes sure that the ring has the lanes of the stat. */
function addLanes(ring: Draft, stat: Stat, value: number): { readonly lane: number; readonly countLane: number } {
  const lane = (lanes: Lane[], ...kinds: Lane['kind'][]) => {
    const [first] = kinds.map(kind => placeOf(lanes, { kind, value }, known => known.kind === kind && known.value === value))
    return first
  }
  const countLane = value < 0 ? lane(ring.sums, 'count') : stat === 'distinct' ? 0 : lane(ring.sums, 'number')
  switch (stat) {
    case 'count':
    case 'rate':
      return { lane: countLane, countLane }
    case 'sum':
    case 'mean':
    case 'ewma':
      return { lane: lane(ring.sums, 'sum'), countLane }
    case 'variance':
      return { lane: laneOfVariance(ring.sums, value), countLane }
    case 'min':
    case 'max':
      return { lane: lane(ring.kept, stat), countLane }
    case 'last':
      return { lane: laneOfLast(ring.kept, value), countLane }
    case 'distinct':
      return { lane: lane(ring.sketches, 'sketch'), countLane }
    default:
      return stat satisfies never
  }
}

/** Sum, then the three sums of squares, side by side; a plain sum of the same value is another lane. */
function laneOfVariance(sums: Lane[], value: number): number {
  const at = sums.findIndex((lane, index) => lane.value === value && lane.kind === 'sum' && sums[index + 1]?.kind === 'highSquare')
  if (at >= 0) return at
  const kinds = ['sum', 'highSquare', 'crossSquare', 'lowSquare'] as const
  return sums.push(...kinds.map(kind => ({ kind, value }))) - kinds.length
}

/** Time, then value. */
function laneOfLast(kept: Lane[], value: number): number {
  const at = kept.findIndex(lane => lane.kind === 'last' && lane.value === value)
  return at >= 0 ? at : kept.push({ kind: 'last', value }, { kind: 'last', value }) - 2
}
