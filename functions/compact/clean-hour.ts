import { revisionOf } from '../archived/keys.ts'
import type { Manifest } from '../archived/manifest.ts'
import type { CountRows, RemovingStore } from '../ports.ts'
import { replaceManifest } from './close-hour.ts'
import type { Hour } from './hour.ts'
import type { CompactTimes } from './times.ts'

export interface CleanPorts {
  readonly store: RemovingStore
  /** Rows of an object by its own footer. */
  readonly countRows: CountRows
}

/** What of an hour its manifest has replaced. */
export interface Replaced {
  /** Keys of small objects whose rows are in the compacted ones. */
  readonly small: readonly string[]
  /** Keys of compacted objects of earlier revisions, or of runs that were killed or lost. */
  readonly compacted: readonly string[]
  /** Whether the manifest names inputs that are no longer there. */
  readonly isStale: boolean
}

/** What may be removed, now that the manifest is older than the grace; undefined: nothing to do. */
export function findReplaced({ manifest, small, compacted }: Hour, nowMs: number, { graceMs }: CompactTimes): Replaced | undefined {
  if (!manifest || nowMs - manifest.closedAtMs < graceMs) return undefined
  const [inputs, named] = [new Set(manifest.inputs), new Set(manifest.objects.map(({ key }) => key))]
  const replaced = {
    small: small.filter(({ name }) => inputs.has(name)).map(({ key }) => key),
    // What another run has written and is about to name has a later revision; of this one or an earlier no manifest will ever name it
    compacted: compacted.filter(key => !named.has(key) && (revisionOf(key) ?? Number.POSITIVE_INFINITY) <= manifest.revision),
    isStale: manifest.inputs.length > 0,
  }
  return replaced.isStale || replaced.compacted.length > 0 ? replaced : undefined
}

/**
 * Removes what the manifest has replaced, once every object that it names is proved to be there, whole and with all its rows. The manifest forgets the
 * inputs last: where a run is killed before, the next one finds the same again.
 *
 * @throws Error where an object is not whole: nothing is removed
 */
export async function cleanHour({ store, countRows }: CleanPorts, hour: Hour, replaced: Replaced): Promise<void> {
  const { manifest, etag } = hour as Hour & { readonly manifest: Manifest }
  for (const { key, rowCount, byteCount } of manifest.objects) {
    const stored = await store.get(key)
    const found = stored && { rowCount: countRows(stored.body), byteCount: stored.body.length }
    if (found?.byteCount !== byteCount || found.rowCount !== rowCount) {
      const got = found ? `${found.rowCount ?? 'no'} rows in ${found.byteCount} bytes` : 'nothing'
      throw new Error(`${key} must hold ${rowCount} rows in ${byteCount} bytes, got ${got}; restore it from the bucket's versions`)
    }
  }
  await store.remove(replaced.compacted)
  await store.remove(replaced.small)
  if (replaced.isStale) await replaceManifest(store, { ...manifest, inputs: [] }, etag)
}
