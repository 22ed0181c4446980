import { MillraceError } from '#models/errors.ts'
import type { KeySpan, ObjectStore } from '../ports.ts'
import { hourMs, lastHourMs, type Span, toDate, toHourPath, toHourStart } from './hours.ts'
import {
  compactedHour,
  compactedPrefix,
  daysPrefix,
  isManifestKey,
  manifestKey,
  smallPrefix,
  toHourOf,
  toName,
  toSmallObject,
} from './keys.ts'
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
 * @throws FILE_INVALID for a manifest that is cut or gone, and for one whose objects are gone
 * @example for (const { manifest, tail } of await listHours(store, 'flights.feedback', { fromMs, toMs })) …
 */
export async function listHours(store: ArchiveStore, topic: string, span: Span = always): Promise<ArchivedHour[]> {
  const small = await store.list(smallPrefix(topic), toKeySpan(smallPrefix(topic), span))
  const { manifests, nameless } = await readManifests(store, topic, span)
  const tails = Map.groupBy(small, toHourOf)
  tails.delete(undefined)
  const lost = nameless.find(hour => !tails.has(hour)) // a run that is under way, or was killed, leaves the small objects
  if (lost !== undefined) {
    throw new MillraceError('FILE_INVALID', `${manifestKey(topic, lost)} is gone; the step compact writes it anew at its next run`)
  }
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
async function readManifests(
  store: ArchiveStore,
  topic: string,
  span: Span,
): Promise<{ readonly manifests: ReadonlyMap<number, Manifest>; readonly nameless: readonly number[] }> {
  const compacted = new Set(await store.list(`${compactedPrefix(topic)}date=`, toKeySpan(compactedPrefix(topic), span)))
  const days = await store.list(daysPrefix(topic), toDaySpan(topic, span))
  const copies = new Map<number, Manifest>()
  await eachAtOnce(days, async key => {
    for (const manifest of await readDay(store, key)) copies.set(manifest.hourStartMs, manifest)
  })
  const manifests = new Map<number, Manifest>()
  const gone: Manifest[] = []
  const closed = [...compacted].filter(isManifestKey).flatMap(key => toHourOf(key) ?? [])
  await eachAtOnce(closed, async hour => {
    const copy = copies.get(hour)
    const found = copy && isThere(copy, compacted) ? { manifest: copy, isThere: true } : await readPresent(store, topic, hour, compacted)
    if (found?.isThere) manifests.set(hour, found.manifest)
    else if (found) gone.push(found.manifest)
  })
  checkExpired(gone, manifests)
  const oldestMs = Math.min(...manifests.keys())
  const named = new Set(closed)
  const hours = new Set([...compacted].flatMap(key => toHourOf(key) ?? []))
  // The last to expire of an hour may be its objects: those of the oldest hours say nothing
  return { manifests, nameless: [...hours].filter(hour => !named.has(hour) && hour > oldestMs + 2 * dayMs) }
}

/**
 * Objects that their hours name and that are not there have expired, before their manifests, since they were written before them. Where hours
 * closed days before have theirs they have not.
 *
 * @throws FILE_INVALID with the first of those
 */
function checkExpired(gone: readonly Manifest[], manifests: ReadonlyMap<number, Manifest>): void {
  const oldestMs = Math.min(...[...manifests.values()].map(({ closedAtMs }) => closedAtMs))
  const lost = gone.find(({ closedAtMs }) => closedAtMs > oldestMs + 2 * dayMs)
  if (!lost) return
  const [{ key }] = lost.objects
  throw new MillraceError('FILE_INVALID', `${key} is named by its hour and is gone; restore it from the bucket's versions`)
}

/**
 * An hour's own manifest, and whether its objects are there.
 *
 * Objects of a revision that was written after the listing are not in that: the hour is listed again.
 */
async function readPresent(
  store: ArchiveStore,
  topic: string,
  hourStartMs: number,
  listed: ReadonlySet<string>,
): Promise<Found | undefined> {
  const stored = await readManifest(store, topic, hourStartMs)
  if (!stored) return undefined
  const { manifest } = stored
  if (isThere(manifest, listed)) return { manifest, isThere: true }
  return { manifest, isThere: isThere(manifest, new Set(await store.list(compactedHour(topic, hourStartMs)))) }
}

interface Found {
  readonly manifest: Manifest
  readonly isThere: boolean
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
    ...(toMs <= lastHourMs && { before: `${prefix}${toHourPath(toHourStart(toMs - 1) + hourMs)}/` }),
  }
}

/** The keys of the days of a span. */
function toDaySpan(topic: string, { fromMs, toMs }: Span): KeySpan {
  return {
    ...(Number.isFinite(fromMs) && { after: `${daysPrefix(topic)}${toDate(fromMs)}` }),
    ...(toMs <= lastHourMs - dayMs && { before: `${daysPrefix(topic)}${toDate(toMs - 1 + dayMs)}` }),
  }
}

async function eachAtOnce<T>(items: readonly T[], read: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += readsAtOnce) await Promise.all(items.slice(at, at + readsAtOnce).map(read))
}
