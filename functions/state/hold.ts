import { restoreKey } from '#models/windows/snapshot.ts'
import type { Windows } from '#models/windows/windows.ts'
import type { StateStore } from '../ports.ts'
import { applyTail, type Fold } from './fold.ts'
import { toHash } from './hash.ts'
import { readPages } from './items.ts'
import { decodePage, toStoredKey } from './page.ts'
import { type Base, type PageRef, pageOf, sliceOf } from './slices.ts'

export interface StateReader {
  readonly store: StateStore
  /** The log of the snapshots, under which pages lie. */
  readonly snapshots: string
}

/** Makes sure that the windows of these keys are held; false where a page is gone. */
export async function holdKeys(reader: StateReader, fold: Fold, keys: Iterable<string>): Promise<boolean> {
  const { held, windows } = fold
  if (!held) return true
  fold.askedCount++
  const missing = new Map<string, number>()
  for (const key of keys) {
    if (!held.has(key)) missing.set(key, toHash(key))
    held.set(key, fold.askedCount)
  }
  return restoreKeys(reader, fold, windows, missing)
}

/** Makes of pages and tail what came of some keys, by their hashes, in windows that have nothing of them. */
export async function restoreKeys(
  { store, snapshots }: StateReader,
  fold: Pick<Fold, 'base' | 'tail'>,
  windows: Windows,
  keys: ReadonlyMap<string, number>,
): Promise<boolean> {
  if (keys.size === 0) return true
  const mayBeWanted = makeFilter(keys.values())
  const pages = pagesWith(fold.base, keys.values())
  const isRead = await readPages(store, snapshots, pages, (_page, bytes) => {
    for (const record of decodePage(bytes, windows.plan.sources.length, mayBeWanted)) {
      const stored = toStoredKey(record)
      if (keys.has(stored.key)) restoreKey(windows, stored)
    }
  })
  applyTail(fold, windows, (key, hash) => mayBeWanted(hash) && keys.has(key))
  return isRead
}

/** Makes of pages and tail all that ever came, in windows that have nothing; false where a page is gone. */
export async function holdAll({ store, snapshots }: StateReader, fold: Fold): Promise<boolean> {
  const { windows, base } = fold
  const pages = base.slices.flatMap(({ index }) => index.pages)
  const isRead = await readPages(store, snapshots, pages, (_page, bytes) => {
    for (const record of decodePage(bytes, windows.plan.sources.length)) restoreKey(windows, toStoredKey(record))
  })
  applyTail(fold, windows, () => true)
  fold.held = undefined
  return isRead
}

function pagesWith(base: Base, hashes: Iterable<number>): PageRef[] {
  const pages = new Set<PageRef>()
  for (const hash of hashes) {
    const page = pageOf(sliceOf(base, hash).index, hash)
    if (page) pages.add(page)
  }
  return [...pages]
}

/** Says whether a hash is among some, where most that it is asked for are not: a look at one bit says so. */
function makeFilter(wanted: Iterable<number>): (hash: number) => boolean {
  const bits = new Uint8Array(2 ** 16)
  const hashes = new Set(wanted)
  const byteOf = (hash: number) => (hash >>> 3) & 0xffff
  for (const hash of hashes) bits[byteOf(hash)] |= 1 << (hash & 7)
  return hash => (bits[byteOf(hash)] & (1 << (hash & 7))) !== 0 && hashes.has(hash)
}
