import type { Stat } from './aggregate.ts'
import { estimateDistinct, mergeSketch, registerCount } from './distinct.ts'
import { keptAt, type Ring, sumOf } from './ring.ts'
import { highLimb } from './squares.ts'
import type { RingPlan, StatPlan } from './window-plan.ts'

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
  count: (ring, plan, { countLane }, { from, to }) => sumOf(ring, plan, countLane, from, to),
  rate: (ring, plan, { countLane }, { from, to, windowMs }) => (sumOf(ring, plan, countLane, from, to) * 1_000) / windowMs,
  sum: (ring, plan, { lane, resolution }, { from, to }) => sumOf(ring, plan, lane, from, to) * resolution,
  mean(ring, plan, { lane, countLane, resolution }, { from, to }) {
    const count = sumOf(ring, plan, countLane, from, to)
    return count === 0 ? null : (sumOf(ring, plan, lane, from, to) * resolution) / count
  },
  variance(ring, plan, { lane, countLane, resolution }, { from, to }) {
    const count = sumOf(ring, plan, countLane, from, to)
    if (count === 0) return null
    const part = (at: number) => BigInt(sumOf(ring, plan, lane + at, from, to))
    const squares = part(1) * highLimb * highLimb + 2n * part(2) * highLimb + part(3)
    const sum = part(0)
    return (Number(BigInt(count) * squares - sum * sum) / count / count) * resolution * resolution // exact up to here: nothing cancels
  },
  ewma(ring, plan, { lane, countLane, resolution, halfLifeMs }, { from, to, now }) {
    let sum = 0
    let count = 0
    for (let entry = from + 1; entry <= to; entry++) {
      const weight = 2 ** (((ring.cells[entry * plan.stride] - now) * plan.bucketMs) / halfLifeMs)
      sum += weight * sumOf(ring, plan, lane, entry - 1, entry)
      count += weight * sumOf(ring, plan, countLane, entry - 1, entry)
    }
    return count === 0 ? null : (sum * resolution) / count
  },
  min: (ring, plan, stat, span) => readKept(ring, plan, stat, span, (a, b) => a < b),
  max: (ring, plan, stat, span) => readKept(ring, plan, stat, span, (a, b) => a > b),
  last({ cells }, plan, { lane, resolution }, { from, to }) {
    for (let entry = to; entry > from; entry--) {
      const value = cells[keptAt(plan, entry, lane + 1)]
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

type IsBetter = (a: number, b: number) => boolean

function readKept({ cells }: Ring, plan: RingPlan, { lane, resolution }: StatPlan, { from, to }: Readonly<Span>, isBetter: IsBetter) {
  let best = Number.NaN
  for (let entry = from + 1; entry <= to; entry++) {
    const value = cells[keptAt(plan, entry, lane)]
    if (Number.isNaN(best) || isBetter(value, best)) best = value
  }
  return Number.isNaN(best) ? null : best * resolution
}
