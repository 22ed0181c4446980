import { createHash } from 'node:crypto'
import type { JoinPlan, RingPlan, WindowPlan } from './window-plan.ts'

/** Where an aggregate's numbers are kept: its ring, and the places of its key and its value among those of its source; -1 is no value. */
export interface AggregatePlace {
  readonly name: string
  readonly ring: number
  readonly key: number
  readonly value: number
}

/**
 * 16 hex digits over all that decides what is kept of records, so that state that was kept otherwise is told apart.
 *
 * The definition's functions cannot be looked into. Which aggregates share one is in the hash, by their names; that a function came to mean
 * something else is not, and `revision` is there to say so. How what is kept is read (a shorter window of a ring, a half-life) is left out.
 */
export function layoutHash(
  { sources, rings, joins, lateness }: Omit<WindowPlan, 'layout'>,
  places: readonly AggregatePlace[],
  revision: number,
): string {
  const kept = [
    revision,
    [lateness.allowedMs, lateness.later],
    sources.map(({ name, keys, values }) => [name, keys.length, values.map(({ resolution, isHashed }) => [resolution, isHashed])]),
    rings.map(toShape),
    places.map(({ name, ring, key, value }) => [name, ring, key, value]),
    joins.map(toJoinShape),
  ]
  return createHash('sha256').update(JSON.stringify(kept)).digest('hex').slice(0, 16)
}

/** Infinity, which is a table, becomes null in JSON. */
function toJoinShape({ name, source, by, beforeMs, afterMs, fields = [] }: JoinPlan) {
  return [name, source, by !== undefined, beforeMs, afterMs, [...fields].sort()]
}

function toShape({ source, key, bucketMs, bucketCount, sums, kept, sketches }: RingPlan) {
  return [source, key, bucketMs, bucketCount, ...[sums, kept, sketches].map(lanes => lanes.map(({ kind, value }) => [kind, value]))]
}

/** The widths of a plan's rings, as text: what was kept for rings of other widths would be misread. */
export function ringWidths({ rings }: Pick<WindowPlan, 'rings'>): string {
  return rings.map(({ bucketMs, sumCount, keptCount, sketchCount }) => [bucketMs, sumCount, keptCount, sketchCount].join(':')).join(' ')
}
