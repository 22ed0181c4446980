import { toDate, toHourPath } from './hours.ts'

/** A small object of the archive, as its key tells: what one batch left of one partition and hour. */
export interface SmallObject {
  readonly key: string
  /** Its file name, by which a manifest knows it. */
  readonly name: string
  readonly partition: number
  readonly firstOffset: number
  readonly lastOffset: number
  /** The start of the hour (UTC) in which its records reached Kafka. */
  readonly hourStartMs: number
}

const hourShape = /\/date=(\d{4}-\d{2}-\d{2})\/hour=(\d{2})\/[^/]+$/
const smallShape = /^(\d+)-(\d+)-(\d+)\.parquet$/
const revisionShape = /\/(\d{6})-\d{3}-[^/]+\.parquet$/
const dayShape = /\/_days\/(\d{4}-\d{2}-\d{2})\.json$/

/** @example smallKey('flights.events', { hourStartMs, partition: 3, firstOffset: 100, lastOffset: 199 }) // 'flights.events/date=2026-11-23/hour=05/3-100-199.parquet' */
export function smallKey(topic: string, { hourStartMs, partition, firstOffset, lastOffset }: Omit<SmallObject, 'key' | 'name'>): string {
  return `${topic}/${toHourPath(hourStartMs)}/${partition}-${firstOffset}-${lastOffset}.parquet`
}

/** Undefined for a key of any other shape. @example toSmallObject('flights.events/date=2026-11-23/hour=05/3-100-199.parquet') // { partition: 3, firstOffset: 100, … } */
export function toSmallObject(key: string): SmallObject | undefined {
  const name = toName(key)
  const found = smallShape.exec(name)
  const hourStartMs = toHourOf(key)
  if (!found || hourStartMs === undefined) return undefined
  const [partition, firstOffset, lastOffset] = found.slice(1).map(Number)
  return { key, name, partition, firstOffset, lastOffset, hourStartMs }
}

/** What the keys of a topic's small objects begin with. */
export const smallPrefix = (topic: string) => `${topic}/`

/** What the keys of all that is compacted of a topic begin with. */
export const compactedPrefix = (topic: string) => `compacted/${topic}/`

/** What the keys of a topic's days begin with. */
export const daysPrefix = (topic: string) => `${compactedPrefix(topic)}_days/`

/** Where the manifests of a day's hours lie in one object. Athena passes over names that begin with an underscore. */
export const dayKey = (topic: string, dayStartMs: number) => `${daysPrefix(topic)}${toDate(dayStartMs)}.json`

/** The folder of a compacted hour. */
export const compactedHour = (topic: string, hourStartMs: number) => `${compactedPrefix(topic)}${toHourPath(hourStartMs)}/`

/** The manifest of a compacted hour. */
export const manifestKey = (topic: string, hourStartMs: number) => `${compactedHour(topic, hourStartMs)}_manifest.json`

/** Whether a key of a compacted hour is its manifest's. */
export const isManifestKey = (key: string) => key.endsWith('/_manifest.json')

/**
 * An object of a compacted hour: the revision of the hour that it was written for, its place among the revision's objects, and the claim of
 * the run that wrote it, so that no run ever writes over another's.
 *
 * @example compactedKey('flights.events', hourStartMs, { revision: 2, at: 0, claim: '9f2c41d7' }) // 'compacted/flights.events/date=2026-11-23/hour=05/000002-000-9f2c41d7.parquet'
 */
export function compactedKey(
  topic: string,
  hourStartMs: number,
  { revision, at, claim }: { readonly revision: number; readonly at: number; readonly claim: string },
): string {
  return `${compactedHour(topic, hourStartMs)}${String(revision).padStart(6, '0')}-${String(at).padStart(3, '0')}-${claim}.parquet`
}

/** The revision that a compacted object was written for; undefined for a key of any other shape. */
export function revisionOf(key: string): number | undefined {
  const found = revisionShape.exec(key)
  return found ? Number(found[1]) : undefined
}

/** The start of the hour in whose folder a key lies; undefined for a key of any other shape. */
export function toHourOf(key: string): number | undefined {
  const found = hourShape.exec(key)
  const ms = found ? Date.parse(`${found[1]}T${found[2]}:00:00Z`) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms // no hour of any day: 25, or a 45th of December
}

/** The start of the day whose manifests a key holds; undefined for a key of any other shape. */
export function toDayOf(key: string): number | undefined {
  const found = dayShape.exec(key)
  return found ? Date.parse(`${found[1]}T00:00:00Z`) : undefined
}

/** The last part of a key. */
export function toName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}
