import { hourMs } from '../archived/hours.ts'
import { dayKey } from '../archived/keys.ts'
import { encodeDay, type Manifest } from '../archived/manifest.ts'
import type { ObjectStore } from '../ports.ts'
import type { CompactTimes } from './times.ts'

export const dayMs = 24 * hourMs

export const toDayStart = (ms: number) => Math.floor(ms / dayMs) * dayMs

/** What is known of an hour after a run has looked at it: its manifest, where nothing is left to do. */
export interface SettledHour {
  readonly hourStartMs: number
  readonly settled: Manifest | undefined
}

/**
 * Puts the manifests of each day whose hours are all settled into one object, once the day is over for long enough; gives their number.
 *
 * A copy may be older than an hour's own manifest, where two runs race: what it names is there all the same, since whoever changes an hour of
 * the day takes the copy away first.
 */
export async function writeDays(
  store: Pick<ObjectStore, 'putIf'>,
  { topic, hours, days }: { readonly topic: string; readonly hours: readonly SettledHour[]; readonly days: ReadonlySet<number> },
  { nowMs, times }: { readonly nowMs: number; readonly times: CompactTimes },
): Promise<number> {
  let count = 0
  for (const [day, ofDay] of Map.groupBy(hours, ({ hourStartMs }) => toDayStart(hourStartMs))) {
    const manifests = ofDay.flatMap(({ settled }) => settled ?? [])
    const isOver = day + dayMs + times.dayAfterMs <= nowMs
    if (days.has(day) || !isOver || manifests.length < ofDay.length) continue
    const body = encodeDay({ version: 1, hours: manifests.toSorted((a, b) => a.hourStartMs - b.hourStartMs) })
    if (await store.putIf(dayKey(topic, day), body, null)) count++
  }
  return count
}
