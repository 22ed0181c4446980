import { MillraceError } from '#models/errors.ts'
import type { ObjectStore } from '../ports.ts'
import { decodeState, encodeState, type LayerState } from './state.ts'

const folder = (pipeline: string) => `layers/${pipeline}/`
const stateKey = (pipeline: string) => `${folder(pipeline)}state`
const snapshotsPrefix = (pipeline: string) => `${folder(pipeline)}snapshots/`
const snapshotKey = (pipeline: string, version: number) => `${snapshotsPrefix(pipeline)}${String(version).padStart(12, '0')}`

/** Further than versions go without a snapshot: what takes over after a state that cannot be read has names of its own. */
export const versionsApart = 1_000

/** A state as it was read, with the tag that a change must still find; where there is none, `etag` is null. */
export interface StoredState {
  readonly state: LayerState | undefined
  readonly etag: string | null
  /** Why what is there is no state. */
  readonly broken?: MillraceError
}

/** Reads the state of a pipeline's layer. A broken one is a value: whoever reads goes on without it. */
export async function readState(store: Pick<ObjectStore, 'get'>, pipeline: string): Promise<StoredState> {
  const key = stateKey(pipeline)
  const stored = await store.get(key)
  if (!stored) return { state: undefined, etag: null }
  const { etag } = stored
  try {
    return { state: decodeState(stored.body, key), etag }
  } catch (error) {
    return { state: undefined, etag, broken: error as MillraceError }
  }
}

/** Writes the state only where what was read is still there; false where another was first. */
export function writeState(
  store: Pick<ObjectStore, 'putIf'>,
  pipeline: string,
  { state, etag }: { readonly state: LayerState; readonly etag: string | null },
): Promise<boolean> {
  return store.putIf(stateKey(pipeline), encodeState(state), etag)
}

/** Keeps a state as it is, under its version. Written again it is the same. */
export async function writeSnapshot(store: Pick<ObjectStore, 'put'>, pipeline: string, state: LayerState): Promise<void> {
  await store.put(snapshotKey(pipeline, state.version), encodeState(state))
}

/** @throws MillraceError LAYER_INVALID where it is gone or broken */
export async function readSnapshot(store: Pick<ObjectStore, 'get'>, pipeline: string, version: number): Promise<LayerState> {
  const key = snapshotKey(pipeline, version)
  const stored = await store.get(key)
  if (!stored) throw new MillraceError('LAYER_INVALID', `${key} is gone: snapshots are kept for 90 days`)
  return decodeState(stored.body, key)
}

/** The versions that are kept, oldest first. */
export async function listSnapshots(store: Pick<ObjectStore, 'list'>, pipeline: string): Promise<number[]> {
  const keys = await store.list(snapshotsPrefix(pipeline))
  return keys.map(key => Number(key.slice(snapshotsPrefix(pipeline).length)))
}

/** The newest snapshot that can be read. */
export async function readNewestSnapshot(store: Pick<ObjectStore, 'get' | 'list'>, pipeline: string): Promise<LayerState | undefined> {
  for (const version of (await listSnapshots(store, pipeline)).reverse()) {
    try {
      return await readSnapshot(store, pipeline, version)
    } catch {} // an older one then
  }
  return undefined
}
