import { compactedKey, manifestKey, toName } from '../archived/keys.ts'
import { type CompactedObject, encodeManifest, type Manifest, parseManifest } from '../archived/manifest.ts'
import type { MergeObjects, RemovingStore } from '../ports.ts'
import { type Hour, nextRevision } from './hour.ts'

export interface ClosePorts {
  readonly store: RemovingStore
  readonly merge: MergeObjects
  readonly nowMs: () => number
  /** A name that no other run has, for the objects that it writes. */
  readonly makeClaim: () => string
}

/** What closing an hour came to: another run was quicker, or its manifest. */
export type Closing =
  | { readonly won: false }
  | { readonly won: true; readonly manifest: Manifest; readonly repeatCount: number; readonly refusedCount: number }

/** Names of small objects that the manifest does not know: never seen, or refused and written again since. */
export async function findFresh({ store }: Pick<ClosePorts, 'store'>, { manifest, small }: Hour): Promise<string[]> {
  const read = new Set(manifest?.inputs)
  const refused = new Map(manifest?.refused.map(({ name, etag }) => [name, etag]))
  const fresh: string[] = []
  for (const { name, key } of small) {
    if (read.has(name)) continue
    if (refused.has(name) && (await store.get(key))?.etag === refused.get(name)) continue
    fresh.push(key)
  }
  return fresh
}

/**
 * Writes an hour anew: what its manifest names and the small objects that it does not, each (partition, offset) once. Where the manifest is cut
 * or gone, all that the hour holds: whichever objects it named, their rows are the hour's, and no row can come twice.
 *
 * Until the manifest is in its place nothing has changed for any reader. Objects are named by revision and claim, so a run that is killed or loses
 * to another leaves objects that no manifest names, which are removed after the grace.
 *
 * @throws Error where one of the hour's compacted objects cannot be read: nothing is changed then
 */
export async function closeHour(ports: ClosePorts, hour: Hour, fresh: readonly string[]): Promise<Closing> {
  const { store, merge, nowMs, makeClaim } = ports
  const { topic, hourStartMs, manifest, etag } = hour
  const kept = manifest ? manifest.objects.map(({ key }) => key) : hour.compacted
  const added = manifest ? fresh : hour.small.map(({ key }) => key)
  const revision = nextRevision(hour)
  const claim = makeClaim()
  const objects: CompactedObject[] = []
  const { refused, repeatCount } = await merge([...kept, ...added], async ({ body, ...known }) => {
    const key = compactedKey(topic, hourStartMs, { revision, at: objects.length, claim })
    await store.put(key, body)
    objects.push({ key, byteCount: body.length, ...known })
  })
  const lost = refused.find(({ key }) => kept.includes(key))
  if (lost) throw new Error(`${lost.key} cannot be read (${lost.reason}); restore it from the bucket's versions`)

  const refusedKeys = new Set(refused.map(({ key }) => key))
  const present = new Set(hour.small.map(({ name }) => name))
  const addedNames = new Set(added.map(toName))
  const next: Manifest = {
    version: 1,
    topic,
    hourStartMs,
    revision,
    objects,
    inputs: [...(manifest?.inputs ?? []).filter(name => present.has(name)), ...added.filter(key => !refusedKeys.has(key)).map(toName)],
    refused: [
      ...(manifest?.refused ?? []).filter(({ name }) => present.has(name) && !addedNames.has(name)),
      ...refused.map(({ key, ...rest }) => ({ name: toName(key), ...rest })),
    ],
    closedAtMs: nowMs(),
  }
  const won = await replaceManifest(store, next, etag)
  return won ? { won, manifest: next, repeatCount, refusedCount: refused.length } : { won }
}

/**
 * Puts a manifest into its place, if that still holds what was read. The answer to a write may be lost and the write be tried again, and
 * then it is refused for its own sake: what lies there decides.
 *
 * @throws FILE_INVALID for one that no reader would take, before anything is written
 */
export async function replaceManifest(
  store: Pick<RemovingStore, 'get' | 'putIf'>,
  manifest: Manifest,
  etag: string | null,
): Promise<boolean> {
  const key = manifestKey(manifest.topic, manifest.hourStartMs)
  const body = encodeManifest(manifest)
  parseManifest(body, key)
  if (await store.putIf(key, body, etag)) return true
  const stored = await store.get(key)
  return stored !== undefined && Buffer.from(stored.body).equals(body)
}
