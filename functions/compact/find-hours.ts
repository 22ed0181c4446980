import { hourMs, toHourPath } from '../archived/hours.ts'
import { compactedPrefix, daysPrefix, type SmallObject, smallPrefix, toDayOf, toHourOf, toSmallObject } from '../archived/keys.ts'
import type { ObjectStore } from '../ports.ts'
import { dayMs, toDayStart } from './days.ts'

/** Days so long before the last one that is one object are not looked for: what is late for them shows by its small objects. */
const lookBackMs = 7 * dayMs

/** What a run looks at of a topic. */
export interface TopicHours {
  readonly topic: string
  /** Small objects by hour, in the order of the hours; none where all of an hour are compacted and gone. */
  readonly hours: ReadonlyMap<number, readonly SmallObject[]>
  /** Hours that are compacted. */
  readonly closed: ReadonlySet<number>
  /** Starts of the days whose manifests are in one object. */
  readonly days: Set<number>
}

/**
 * The hours of a topic that may want work: those with small objects, and all of their days and of days that are not one object yet. A year of
 * settled days costs nothing.
 */
export async function findHours(store: Pick<ObjectStore, 'list'>, topic: string): Promise<TopicHours> {
  const small = (await store.list(smallPrefix(topic))).flatMap(key => toSmallObject(key) ?? [])
  const byHour = Map.groupBy(small, ({ hourStartMs }) => hourStartMs)
  const days = new Set((await store.list(daysPrefix(topic))).flatMap(key => toDayOf(key) ?? []))
  const recentMs = days.size === 0 ? Number.NEGATIVE_INFINITY : Math.max(...days) - lookBackMs
  const compacted = await listCompacted(store, topic, recentMs, Number.POSITIVE_INFINITY)
  for (const day of new Set([...byHour.keys()].map(toDayStart))) {
    if (day < recentMs) compacted.push(...(await listCompacted(store, topic, day, day + dayMs)))
  }
  const daysOfSmall = new Set([...byHour.keys()].map(toDayStart))
  const wanted = compacted.filter(hour => !days.has(toDayStart(hour)) || daysOfSmall.has(toDayStart(hour)))
  const starts = [...new Set([...byHour.keys(), ...wanted])].sort((a, b) => a - b)
  return { topic, hours: new Map(starts.map(start => [start, byHour.get(start) ?? []])), closed: new Set(compacted), days }
}

/** Hours that have a manifest, or compacted objects whose manifest is gone. */
async function listCompacted(store: Pick<ObjectStore, 'list'>, topic: string, fromMs: number, toMs: number): Promise<number[]> {
  const prefix = compactedPrefix(topic)
  const toKey = (ms: number) => `${prefix}${toHourPath(Math.floor(ms / hourMs) * hourMs)}/`
  const keys = await store.list(`${prefix}date=`, {
    ...(Number.isFinite(fromMs) && { after: toKey(fromMs) }),
    ...(Number.isFinite(toMs) && { before: toKey(toMs) }),
  })
  return keys.flatMap(key => toHourOf(key) ?? [])
}
