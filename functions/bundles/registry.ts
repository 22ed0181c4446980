import { createHash } from 'node:crypto'
import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'
import type { ObjectStore } from '../ports.ts'
import { type Manifest, parseManifest } from './manifest.ts'

/** A model that serves beside the champion. */
const candidate = z.object({ version: z.string(), sinceMs: z.number() })

const pointer = z.object({
  version: z.string(),
  sinceMs: z.number(),
  /** Scores every row beside the champion and is never delivered. */
  shadow: candidate.nullable().default(null),
  /** Scores this share of the keys, from 0 to 1, instead of the champion. */
  challenger: candidate
    .extend({ share: z.number().min(0).max(1) })
    .nullable()
    .default(null),
  /** The latest champions, the present one last. */
  history: z.array(z.object({ version: z.string(), sinceMs: z.number(), reason: z.string() })),
})

/** Which bundle is champion, and which were. */
export type ChampionPointer = z.output<typeof pointer>

/** A champion pointer as it was read, with the tag that a change must still find. */
interface ReadPointer {
  readonly champion: ChampionPointer | null
  readonly etag: string | null
}

/** One model version: its file and all that is known of it. */
export interface Bundle {
  readonly onnx: Uint8Array
  readonly manifest: Manifest
}

const pointerKey = (pipeline: string) => `champions/${pipeline}.json`
const bundlesPrefix = (pipeline: string) => `bundles/${pipeline}/`
const bundleKey = (pipeline: string, version: string, file: string) => `${bundlesPrefix(pipeline)}${version}/${file}`

/**
 * Reads the pointer to the champion; null while there is none.
 *
 * @throws MillraceError BUNDLE_INVALID where the object is not a pointer
 */
export async function readPointer(store: Pick<ObjectStore, 'get'>, pipeline: string): Promise<ReadPointer> {
  const stored = await store.get(pointerKey(pipeline))
  if (!stored) return { champion: null, etag: null }
  try {
    return { champion: pointer.parse(JSON.parse(Buffer.from(stored.body).toString('utf8'))), etag: stored.etag }
  } catch (error) {
    throw new MillraceError('BUNDLE_INVALID', `${pointerKey(pipeline)} is not a champion pointer; write it anew with a promotion`, {
      cause: error,
    })
  }
}

/** Champions that the pointer remembers: years of daily promotions, and a file that stays small. */
const historyAtMost = 1_000
/** How often a change is decided again after another writer moved the pointer. */
const changeTries = 5

/**
 * Changes the pointer by compare-and-swap. `decide` is given what is there and answers what shall be, or undefined to leave it; where
 * another writer was first, it is asked again with what that one wrote. Answers the pointer as it is then.
 *
 * @throws MillraceError CHAMPION_CONFLICT after five lost races
 * @example await changePointer(store, 'flights', champion => toPromoted(champion, { version, reason, nowMs }))
 */
export async function changePointer(
  store: Pick<ObjectStore, 'get' | 'putIf'>,
  pipeline: string,
  decide: (champion: ChampionPointer | null) => ChampionPointer | undefined | Promise<ChampionPointer | undefined>,
): Promise<ChampionPointer | null> {
  for (let attempt = 0; attempt < changeTries; attempt++) {
    const { champion, etag } = await readPointer(store, pipeline)
    const next = await decide(champion)
    if (next === undefined) return champion
    if (await store.putIf(pointerKey(pipeline), Buffer.from(JSON.stringify(next, null, 2)), etag)) return next
  }
  throw new MillraceError('CHAMPION_CONFLICT', `the champion pointer moved ${changeTries} times while deciding; try again`, {
    retryable: true,
  })
}

/** A change of the pointer: which version, why, when. */
export interface PointerChange {
  readonly version: string
  readonly reason: string
  readonly nowMs: number
}

/** The pointer with this version as champion; where it was shadow or challenger, it no longer is. */
export function toPromoted(champion: ChampionPointer | null, { version, reason, nowMs }: PointerChange): ChampionPointer {
  const { history = [], shadow = null, challenger = null } = champion ?? {}
  return {
    version,
    sinceMs: nowMs,
    shadow: shadow?.version === version ? null : shadow,
    challenger: challenger?.version === version ? null : challenger,
    history: [...history, { version, sinceMs: nowMs, reason }].slice(-historyAtMost),
  }
}

/** The pointer with this version as shadow; null ends the shadow. One that serves already keeps its time. */
export function toShadowed(champion: ChampionPointer, shadow: Omit<PointerChange, 'reason'> | null): ChampionPointer {
  return { ...champion, shadow: shadow && toCandidate(champion.shadow, shadow) }
}

/**
 * The pointer with this version as challenger for a share of the keys, from 0 to 1; null ends the challenger.
 *
 * One that serves already keeps its time, and with a larger share the keys that it had.
 *
 * @throws MillraceError ARGUMENT_INVALID for a share out of its range
 */
export function toChallenged(
  champion: ChampionPointer,
  challenger: (Omit<PointerChange, 'reason'> & { readonly share: number }) | null,
): ChampionPointer {
  if (challenger === null) return { ...champion, challenger: null }
  const { share } = challenger
  if (!(share >= 0 && share <= 1)) {
    throw new MillraceError('ARGUMENT_INVALID', `the challenger's share must be from 0 to 1, got ${share}`)
  }
  return { ...champion, challenger: { ...toCandidate(champion.challenger, challenger), share } }
}

function toCandidate(present: z.output<typeof candidate> | null, { version, nowMs }: Omit<PointerChange, 'reason'>) {
  return { version, sinceMs: present?.version === version ? present.sinceMs : nowMs }
}

/** The champion before the present one: the latest in the history with another version; undefined where there was none. */
export function previousVersion({ version, history }: ChampionPointer): string | undefined {
  return history.findLast(entry => entry.version !== version)?.version
}

/** Writes a bundle once: the manifest last, so that a bundle without one was never finished. A version that exists is left as it is. */
export async function writeBundle(store: Pick<ObjectStore, 'putIf'>, { onnx, manifest }: Bundle): Promise<void> {
  const { pipeline, version } = manifest
  await store.putIf(bundleKey(pipeline, version, 'model.onnx'), onnx, null)
  await store.putIf(bundleKey(pipeline, version, 'manifest.json'), Buffer.from(JSON.stringify(manifest, null, 2)), null)
}

/**
 * Reads a bundle and checks that its file is the one that the manifest names.
 *
 * @throws MillraceError BUNDLE_INVALID where a part is missing, cut, or not what it should be
 */
export async function readBundle(store: Pick<ObjectStore, 'get'>, pipeline: string, version: string): Promise<Bundle> {
  const [onnx, manifestBytes] = await Promise.all(
    ['model.onnx', 'manifest.json'].map(async file => {
      const key = bundleKey(pipeline, version, file)
      const stored = await store.get(key)
      if (!stored) throw new MillraceError('BUNDLE_INVALID', `${key} is not there`)
      return stored.body
    }),
  )
  const manifest = parseManifest(manifestBytes)
  if (manifest.version !== version || manifest.pipeline !== pipeline) {
    throw new MillraceError(
      'BUNDLE_INVALID',
      `manifest.json of ${version} must be of ${pipeline} ${version}, is of ${manifest.pipeline} ${manifest.version}`,
    )
  }
  const sha256 = sha256Of(onnx)
  if (manifest.sha256 !== sha256) {
    throw new MillraceError('BUNDLE_INVALID', `model.onnx of ${version} must have sha256 ${manifest.sha256}, has ${sha256}`)
  }
  return { onnx, manifest }
}

/** All finished bundles of a pipeline, oldest first. */
export async function readManifests(store: Pick<ObjectStore, 'get' | 'list'>, pipeline: string): Promise<Manifest[]> {
  const keys = (await store.list(bundlesPrefix(pipeline))).filter(key => key.endsWith('/manifest.json'))
  const stored = await Promise.all(keys.map(key => store.get(key)))
  const manifests = stored.flatMap(object => (object ? [parseManifest(object.body)] : []))
  return manifests.sort((a, b) => a.trainedAtMs - b.trainedAtMs)
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
