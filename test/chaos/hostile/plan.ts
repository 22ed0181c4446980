import { shuffle } from '../shuffle.ts'
import type { HostileKind, HostileRecord } from './spec.ts'

/** A hostile record of a run, its kind, and its number in the run. */
export interface PlannedRecord {
  readonly at: number
  readonly kind: string
  readonly record: HostileRecord
}

/**
 * So many hostile records in a mixed order: all kinds equally often, but large ones no more often than they allow. Where there are fewer
 * records than kinds, some kinds are left out.
 *
 * @example planRecords(hostileKinds, { count: 1_000, random: makeRandom(1) })
 */
export function planRecords(
  kinds: Readonly<Record<string, HostileKind>>,
  { count, random }: { readonly count: number; readonly random: () => number },
): PlannedRecord[] {
  const names: string[] = []
  for (let round = 0; names.length < count; round++) {
    const left = Object.keys(kinds).filter(name => round < (kinds[name].atMost ?? Number.POSITIVE_INFINITY))
    if (left.length === 0) break
    names.push(...shuffle(left, random).slice(0, count - names.length))
  }
  return shuffle(names, random).map((kind, at) => ({ at, kind, record: kinds[kind].make(at) }))
}
