import type { StateItem, StateStore } from '../ports.ts'
import { type Cut, toEntry } from './entry.ts'
import { type Fold, foldEntry, headOf } from './fold.ts'

/** Entries of one source that are asked for at once, and places of one call. */
const aheadAtFirst = 2
const placesPerCall = 100

/** How much was folded. */
export interface Folded {
  readonly entries: number
  /** Of their items, before compression. */
  readonly bytes: number
}

export function addFolded(a: Folded, b: Folded): Folded {
  return { entries: a.entries + b.entries, bytes: a.bytes + b.bytes }
}

export const nothingFolded: Folded = { entries: 0, bytes: 0 }

/** What is new in the logs of some sources since a fold was last brought up to date; one call where little is. */
export async function foldNewer(
  store: StateStore,
  fold: Fold,
  sources: Iterable<string>,
  logOf: (source: string) => string,
): Promise<Folded> {
  let behind = [...sources]
  let folded = nothingFolded
  for (let ahead = aheadAtFirst; behind.length > 0; ahead = Math.min(ahead * 4, placesPerCall)) {
    const places = behind.flatMap(source => {
      const { number } = headOf(fold, source)
      return Array.from({ length: ahead }, (_, at) => ({ log: logOf(source), number: number + 1 + at }))
    })
    const byLog = Map.groupBy(await readAll(store, places), ({ log }) => log)
    for (const source of behind) folded = addFolded(folded, foldItems(fold, source, byLog.get(logOf(source)) ?? []))
    behind = behind.filter(source => (byLog.get(logOf(source))?.length ?? 0) === ahead) // there may be more
  }
  return folded
}

/** Folds a source's log from where the fold is to its end, for a fold that was just opened: numbers that have expired are passed over. */
export async function foldToEnd(store: StateStore, fold: Fold, source: string, log: string): Promise<Folded> {
  const items = await store.readAfter(log, headOf(fold, source).number)
  for (const item of items) foldEntry(fold, source, toEntry(item))
  return sizeOf(items)
}

/** Brings a fold forward to a cut, and no further; false where an entry of it is gone. */
export async function foldToCut(store: StateStore, fold: Fold, cut: Cut, logOf: (source: string) => string): Promise<boolean> {
  const sources = Object.keys(cut)
  const places = sources.flatMap(source => {
    const { number } = headOf(fold, source)
    return Array.from({ length: Math.max(0, cut[source] - number) }, (_, at) => ({ log: logOf(source), number: number + 1 + at }))
  })
  const items = await readAll(store, places)
  if (items.length < places.length) return false
  const byLog = Map.groupBy(items, ({ log }) => log)
  for (const source of sources) foldItems(fold, source, byLog.get(logOf(source)) ?? [])
  return true
}

/** Folds the items that follow the fold's own without a gap. */
function foldItems(fold: Fold, source: string, items: readonly StateItem[]): Folded {
  const { number } = headOf(fold, source)
  const next = items.toSorted((a, b) => a.number - b.number).filter((item, at) => item.number === number + 1 + at)
  for (const item of next) foldEntry(fold, source, toEntry(item))
  return sizeOf(next)
}

export function sizeOf(items: readonly StateItem[]): Folded {
  return { entries: items.length, bytes: items.reduce((sum, { body }) => sum + body.length, 0) }
}

async function readAll(store: StateStore, places: readonly Pick<StateItem, 'log' | 'number'>[]): Promise<StateItem[]> {
  const items: StateItem[] = []
  for (let from = 0; from < places.length; from += placesPerCall)
    items.push(...(await store.read(places.slice(from, from + placesPerCall))))
  return items
}
