import { hourMs } from '../archived/hours.ts'
import { compactedHour, isManifestKey, manifestKey, revisionOf, type SmallObject } from '../archived/keys.ts'
import { type Manifest, parseManifest } from '../archived/manifest.ts'
import type { ObjectStore } from '../ports.ts'
import type { CompactTimes } from './times.ts'

/** All that the archive holds of one hour of a topic. */
export interface Hour {
  readonly topic: string
  readonly hourStartMs: number
  readonly small: readonly SmallObject[]
  /** Keys of compacted objects, of whichever revision or run. */
  readonly compacted: readonly string[]
  /** Absent where the hour has none, or one that is cut. */
  readonly manifest?: Manifest
  /** The tag of what lies at the manifest's key, cut or not; null: nothing. */
  readonly etag: string | null
}

/** Looks at an hour: its objects first, so that none is missed that a manifest of this moment names. */
export async function readHour(
  store: Pick<ObjectStore, 'get' | 'list'>,
  { topic, hourStartMs, small }: Pick<Hour, 'topic' | 'hourStartMs' | 'small'>,
): Promise<Hour> {
  const key = manifestKey(topic, hourStartMs)
  const stored = await store.get(key)
  const compacted = (await store.list(compactedHour(topic, hourStartMs))).filter(each => !isManifestKey(each))
  const manifest = stored && tryToParse(stored.body, key)
  return { topic, hourStartMs, small, compacted, ...(manifest && { manifest }), etag: stored?.etag ?? null }
}

function tryToParse(body: Uint8Array, key: string): Manifest | undefined {
  try {
    return parseManifest(body, key)
  } catch {
    return undefined // written anew, from all that the hour holds
  }
}

/** Whether the hour was compacted, and its manifest is cut or gone: no reader knows what it holds. */
export const isCut = ({ manifest, etag, compacted, small }: Hour) =>
  manifest === undefined && (etag !== null || (compacted.length > 0 && small.length === 0))

/** Keys of objects that the manifest names and that are not there. */
export function missingOf({ manifest, compacted }: Hour): string[] {
  const present = new Set(compacted)
  return (manifest?.objects ?? []).map(({ key }) => key).filter(key => !present.has(key))
}

/** The revision after all that were ever written for the hour. */
export function nextRevision({ manifest, compacted }: Hour): number {
  return Math.max(manifest?.revision ?? 0, ...compacted.map(key => revisionOf(key) ?? 0)) + 1
}

/**
 * Whether the hour may be closed: it is over by a margin, in which what was under way has arrived; or it lies so far ahead that only a clock
 * that was wrong can have written it. One that was closed a moment ago waits, so that an archive that catches up does not have it written
 * again at each run.
 */
export function isDue({ hourStartMs, manifest }: Pick<Hour, 'hourStartMs' | 'manifest'>, nowMs: number, times: CompactTimes): boolean {
  const isOver = hourStartMs + hourMs + times.marginMs <= nowMs
  const isFromTheFuture = hourStartMs > nowMs + times.futureMs
  const agoMs = manifest ? nowMs - manifest.closedAtMs : Number.POSITIVE_INFINITY
  return (isOver || isFromTheFuture) && (agoMs < 0 || agoMs >= times.pauseMs)
}
