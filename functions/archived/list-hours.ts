import { MillraceError } from '#models/errors.ts'
import type { KeySpan, ObjectStore } from '../ports.ts'
import { hourMs, type Span, toDate, toHourPath, toHourStart } from './hours.ts'
import { compactedHour, compactedPrefix, daysPrefix, isManifestKey, smallPrefix, toHourOf, toName, toSmallObject } from './keys.ts'
import { type Manifest, parseDay, readManifest } from './manifest.ts'

const dayMs = 24 * hourMs
const readsAtOnce = 16
const always: Span = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }

/** What reading the archive takes of a bucket. */
export type ArchiveStore = Pick<ObjectStore, 'get' | 'list'>

/** An hour of a topic in the archive: what is compacted of it, and the small objects that are not. */
export interface ArchivedHour {
  readonly topic: string
  readonly hourStartMs: number
  /** Absent: nothing is compacted. */
  readonly manifest?: Manifest
  /** Keys of small objects that the manifest does not name: they may repeat rows of each other and of the compacted objects. */
  readonly tail: readonly string[]
}

/**
 * The hours of a topic in which records reached Kafka within the span, in their order; of all times without one.
 *
 * Nothing outside the span is listed. Small objects are listed before manifests are read: what is compacted in between is then in the manifest,
 * or still where it was, since nothing is removed until a grace is over. A reader keeps one row for each (partition, offset).
 *
 * @throws FILE_INVALID for a manifest that is cut
 * @example for (const { manifest, tail } of await listHours(store, 'flights.feedback', { fromMs, toMs })) …
 */
export async function listHours(store: ArchiveStore, topic: string, span: Span = always): Promise<ArchivedHour[]> {
  const small = await store.list(smallPrefix(topic), toKeySpan(smallPrefix(topic), span))
  const manifests = await readManifests(store, topic, span)
  const tails = Map.groupBy(small, toHourOf)
  tails.delete(undefined)
  const hours = [...new Set([...manifests.keys(), ...tails.keys()])] as number[]
  return hours
    .sort((a, b) => a - b)
    .map(hourStartMs => {
      const manifest = manifests.get(hourStartMs)
      const known = new Set([...(manifest?.inputs ?? []), ...(manifest?.refused.map(({ name }) => name) ?? [])])
      const tail = (tails.get(hourStartMs) ?? []).filter(key => toSmallObject(key) && !known.has(toName(key)))
      return { topic, hourStartMs, ...(manifest && { manifest }), tail }
    })
    .filter(({ manifest, tail }) => manifest || tail.length > 0)
}

/** Manifests of the hours of the span: those of a whole day from its one object where there is one, the others one by one. */
async function readManifests(store: ArchiveStore, topic: string, span: Span): Promise<ReadonlyMap<number, Manifest>> {
  const compacted = new Set(await store.list(`${compactedPrefix(topic)}date=`, toKeySpan(compactedPrefix(topic), span)))
  const days = await store.list(daysPrefix(topic), toDaySpan(topic, span))
  const copies = new Map<number, Manifest>()
  await eachAtOnce(days, async key => {
    for (const manifest of await readDay(store, key)) copies.set(manifest.hourStartMs, manifest)
  })
  const manifests = new Map<number, Manifest>()
  const closed = [...compacted].filter(isManifestKey).map(key => toHourOf(key)!)
  await eachAtOnce(closed, async hour => {
    const copy = copies.get(hour)
    const manifest = copy && isThere(copy, compacted) ? copy : await readPresent(store, topic, hour, compacted)
    if (manifest) manifests.set(hour, manifest)
  })
  return manifests
}

/**
 * An hour's own manifest; undefined where its objects have expired before it, as they are written before it.
 *
 * Objects of a revision that was written after the listing are not in that: the hour is listed again.
 */
async function readPresent(
  store: ArchiveStore,
  topic: string,
  hourStartMs: number,
  listed: ReadonlySet<string>,
): Promise<Manifest | undefined> {
  const stored = await readManifest(store, topic, hourStartMs)
  if (!stored || isThere(stored.manifest, listed)) return stored?.manifest
  return isThere(stored.manifest, new Set(await store.list(compactedHour(topic, hourStartMs)))) ? stored.manifest : undefined
}

/** Whether one of its objects is, if it has any: they expire together. */
function isThere({ objects }: Manifest, keys: ReadonlySet<string>): boolean {
  return objects.length === 0 || objects.some(({ key }) => keys.has(key))
}

/** A day's manifests; none where the object is cut, since each hour has its own as well. */
async function readDay(store: Pick<ObjectStore, 'get'>, key: string): Promise<readonly Manifest[]> {
  const stored = await store.get(key)
  try {
    return stored ? parseDay(stored.body, key).hours : []
  } catch (error) {
    if (error instanceof MillraceError) return []
    throw error
  }
}

/** The keys of the hours of a span. */
function toKeySpan(prefix: string, { fromMs, toMs }: Span): KeySpan {
  return {
    ...(Number.isFinite(fromMs) && { after: `${prefix}${toHourPath(toHourStart(fromMs))}/` }),
    ...(Number.isFinite(toMs) && { before: `${prefix}${toHourPath(toHourStart(toMs - 1) + hourMs)}/` }),
  }
}

/** The keys of the days of a span. */
function toDaySpan(topic: string, { fromMs, toMs }: Span): KeySpan {
  return {
    ...(Number.isFinite(fromMs) && { after: `${daysPrefix(topic)}${toDate(fromMs)}` }),
    ...(Number.isFinite(toMs) && { before: `${daysPrefix(topic)}${toDate(toMs - 1 + dayMs)}` }),
  }
}

async function eachAtOnce<T>(items: readonly T[], read: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += readsAtOnce) await Promise.all(items.slice(at, at + readsAtOnce).map(read))
}
