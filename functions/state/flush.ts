import { restoreKey, storeKey } from '#models/windows/snapshot.ts'
import { openWindows, type Windows } from '#models/windows/windows.ts'
import type { StateItem } from '../ports.ts'
import { applyTail, type Fold } from './fold.ts'
import { hashEnd, rangeOf } from './hash.ts'
import type { StateReader } from './hold.ts'
import { attemptLogs, readPages, toPageItems } from './items.ts'
import { decodePage, encodePage, isHeld, type PageRecord, sizeOf, toRecord, toStoredKey } from './page.ts'
import type { PageRef, Ref, Slice } from './slices.ts'
import { eachKey } from './tail.ts'

/** More keys than this, and a slice becomes two: two bytes of each are in its index, which is one item. */
const keysAtMost = 65_536

/** What is made of slices. */
export interface FlushOptions {
  /** Where the last of them ends. */
  readonly endHash: number
  /** What a page holds, before compression. */
  readonly pageBytes: number
  /** More pages than this, and a slice becomes two. */
  readonly slicePages: number
  /** Names the next page that is written. */
  readonly nextRef: () => Ref
}

/** What became of slices: the pages of each that stands for them now, and the items of those pages that are new. */
export interface Flushed {
  readonly slices: readonly { readonly fromHash: number; readonly pages: readonly PageRef[]; readonly of: Slice }[]
  readonly items: readonly StateItem[]
}

/**
 * Makes those pages of some slices anew in which a key was touched since they were written: as of the fold's now.
 *
 * The other pages stand as they are. A record of a key that nobody touched is taken over as it is, or left out where nothing of it is held
 * any more. Of a page that is gone nothing but what has come since is known.
 */
export async function flushSlices(
  { store, snapshots }: StateReader,
  fold: Fold,
  slices: readonly Slice[],
  { endHash, pageBytes, slicePages, nextRef }: FlushOptions,
): Promise<Flushed> {
  const { plan } = fold.windows
  const newestMs = plan.sources.map((_, source) => fold.windows.newestMs(source))
  const touched = findTouched(fold, slices, endHash)
  const keysBySlice = Map.groupBy(touched.keys(), key => slices[rangeOf(slices, touched.get(key)!)])
  const made = openWindows(plan)
  newestMs.forEach((ms, source) => void made.advance(source, ms))
  const windowsOf = (key: string): Windows => (!fold.held || fold.held.has(key) ? fold.windows : made)

  const pagesTouched = slices.map(slice => {
    return Map.groupBy(keysBySlice.get(slice) ?? [], key => Math.max(0, rangeOf(slice.index.pages, touched.get(key)!)))
  })
  const untouched = new Map<PageRef, PageRecord[]>()
  const oldPages = slices.flatMap(({ index }, at) => [...pagesTouched[at].keys()].flatMap(page => index.pages[page] ?? []))
  const touchedHashes = new Set(touched.values())
  await readPages(store, snapshots, oldPages, (page, bytes) => {
    const records = decodePage(bytes, plan.sources.length).filter(record => {
      if (!touchedHashes.has(record.hash)) return isHeld(record, newestMs)
      const stored = toStoredKey(record)
      if (!touched.has(stored.key)) return true
      if (windowsOf(stored.key) === made) restoreKey(made, stored)
      return false
    })
    untouched.set(page, records)
  })
  if (fold.held) applyTail(fold, made, key => touched.has(key) && windowsOf(key) === made)

  const items: StateItem[] = []
  const write = (records: readonly PageRecord[]): PageRef[] =>
    cutPages(records, pageBytes).map(page => {
      const ref = nextRef()
      const bytes = encodePage(page)
      const own = toPageItems(attemptLogs.page(snapshots, ref), bytes)
      items.push(...own)
      return { ...ref, fromHash: page[0].hash, itemCount: own.length, bytes: bytes.length, marks: toMarks(page) }
    })
  const becomes = slices.map((slice, at) => {
    const pages: PageRef[] = []
    let run: PageRecord[] = [] // pages side by side are cut anew as one
    for (let place = 0; place < Math.max(1, slice.index.pages.length); place++) {
      const page = slice.index.pages[place]
      const keys = pagesTouched[at].get(place)
      if (!keys) {
        pages.push(...write(run), ...(page ? [page] : []))
        run = []
        continue
      }
      const records = keys.flatMap(key => {
        const stored = storeKey(windowsOf(key), key)
        return stored ? [toRecord(plan, stored)] : []
      })
      run.push(...[...(untouched.get(page) ?? []), ...records].sort((a, b) => a.hash - b.hash))
    }
    pages.push(...write(run))
    return split(slice.fromHash, pages, slicePages).map(part => ({ ...part, of: slice }))
  })
  return { slices: becomes.flat(), items }
}

/** The keys of slices side by side of which something came that their pages do not have, and their hashes. */
function findTouched({ tail }: Fold, slices: readonly Slice[], endHash: number): Map<string, number> {
  const touched = new Map<string, number>()
  const [{ fromHash }] = slices
  for (const { source, number, ...columns } of tail) {
    const isNew = slices.map(({ index }) => number > (index.heads[source]?.number ?? 0))
    if (!isNew.includes(true)) continue
    const isAllNew = !isNew.includes(false)
    eachKey(columns, (key, hash) => {
      if (hash >= fromHash && hash < endHash && (isAllNew || isNew[rangeOf(slices, hash)])) touched.set(key, hash)
    })
  }
  return touched
}

/** Records in pages of one size, about that many bytes each; those of one hash stay together. */
function cutPages(records: readonly PageRecord[], pageBytes: number): PageRecord[][] {
  const allBytes = records.reduce((sum, record) => sum + sizeOf(record), 0)
  const ownBytes = allBytes / Math.max(1, Math.round(allBytes / pageBytes))
  const pages: PageRecord[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const record of records) {
    if (bytes >= ownBytes && record.hash !== pages.at(-1)?.at(-1)?.hash) {
      pages.push([])
      bytes = 0
    }
    pages[pages.length - 1].push(record)
    bytes += sizeOf(record)
  }
  return pages
}

const toMarks = (records: readonly PageRecord[]) => Uint16Array.from(records, ({ hash }) => hash & 0xffff)

/** The pages as they are, or in halves where they are too many for one slice. */
function split(
  fromHash: number,
  pages: readonly PageRef[],
  pagesAtMost: number,
): { readonly fromHash: number; readonly pages: readonly PageRef[] }[] {
  const keyCount = pages.reduce((sum, { marks }) => sum + marks.length, 0)
  if (pages.length < 2 || (pages.length <= pagesAtMost && keyCount <= keysAtMost)) return [{ fromHash, pages }]
  const middle = pages.length >> 1
  return [...split(fromHash, pages.slice(0, middle), pagesAtMost), ...split(pages[middle].fromHash, pages.slice(middle), pagesAtMost)]
}

/** The hash at which a slice ends. */
export function endOf(slices: readonly Pick<Slice, 'fromHash'>[], at: number): number {
  return slices[at + 1]?.fromHash ?? hashEnd
}
