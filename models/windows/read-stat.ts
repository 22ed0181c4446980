import type { Stat } from './aggregate.ts'
import { estimateDistinct, mergeSketch, registerCount } from './distinct.ts'
import type { RingPlan, StatPlan } from './plan.ts'
import { type Ring, sumOf } from './ring.ts'
import { highLimb } from './squares.ts'

/** A window as entries of a ring: those after `from` up to and with `to`, read when bucket `now` was the last to count. */
export interface Span {
  from: number
  to: number
  now: number
  windowMs: number
}

export type ReadStat = (ring: Ring, plan: RingPlan, stat: StatPlan, span: Readonly<Span>) => number | null

/** Each stat of a window; null where it has no answer, such as the mean of nothing. */
export const readStat: Readonly<Record<Stat, ReadStat>> = {
  count: (ring, { sumCount }, { countLane }, { from, to }) => sumOf(ring, sumCount, countLane, from, to),
  rate: (ring, { sumCount }, { countLane }, { from, to, windowMs }) => (sumOf(ring, sumCount, countLane, from, to) * 1_000) / windowMs,
  sum: (ring, { sumCount }, { lane, resolution }, { from, to }) => sumOf(ring, sumCount, lane, from, to) * resolution,
  mean(ring, { sumCount }, { lane, countLane, resolution }, { from, to }) {
    const count = sumOf(ring, sumCount, countLane, from, to)
    return count === 0 ? null : (sumOf(ring, sumCount, lane, from, to) * resolution) / count
  },
  variance(ring, { sumCount }, { lane, countLane, resolution }, { from, to }) {
    const count = sumOf(ring, sumCount, countLane, from, to)
    if (count === 0) return null
    const part = (at: number) => BigInt(sumOf(ring, sumCount, lane + at, from, to))
    const squares = part(1) * highLimb * highLimb + 2n * part(2) * highLimb + part(3)
    const sum = part(0)
    return (Number(BigInt(count) * squares - sum * sum) / count / count) * resolution * resolution // exact up to here: nothing cancels
  },
  ewma(ring, { sumCount, bucketMs }, { lane, countLane, resolution, halfLifeMs }, { from, to, now }) {
    let sum = 0
    let count = 0
    for (let entry = from + 1; entry <= to; entry++) {
      const weight = 2 ** (((ring.buckets[entry] - now) * bucketMs) / halfLifeMs)
      sum += weight * sumOf(ring, sumCount, lane, entry - 1, entry)
      count += weight * sumOf(ring, sumCount, countLane, entry - 1, entry)
    }
    return count === 0 ? null : (sum * resolution) / count
  },
  min: (ring, plan, stat, span) => readKept(ring, plan, stat, span, (a, b) => a < b),
  max: (ring, plan, stat, span) => readKept(ring, plan, stat, span, (a, b) => a > b),
  last({ kept }, { keptCount }, { lane, resolution }, { from, to }) {
    for (let entry = to; entry > from; entry--) {
      const value = kept[entry * keptCount + lane + 1]
      if (!Number.isNaN(value)) return value * resolution
    }
    return null
  },
  distinct({ sketches }, { sketchCount }, { lane }, { from, to }) {
    const merged = new Uint8Array(registerCount)
    for (let entry = from + 1; entry <= to; entry++) {
      const sketch = sketches[entry * sketchCount + lane]
      if (sketch) mergeSketch(merged, sketch)
    }
    return estimateDistinct(merged)
  },
}

function readKept(
  { kept }: Ring,
  { keptCount }: RingPlan,
  { lane, resolution }: StatPlan,
  { from, to }: Span,
  isBetter: (a: number, b: number) => boolean,
) {
  let best = Number.NaN
  for (let entry = from + 1; entry <= to; entry++) {
    const value = kept[entry * keptCount + lane]
    if (Number.isNaN(best) || isBetter(value, best)) best = value
  }
  return Number.isNaN(best) ? null : best * resolution
}
