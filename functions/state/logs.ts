import type { StateItem, StateStore } from '../ports.ts'
import { type Cut, toColumnEntry } from './entry.ts'
import { type Fold, foldEntry, headOf, noteEntry } from './fold.ts'

/** Entries of one source that are asked for at once. */
const aheadAtFirst = 2
const aheadAtMost = 100
/** Places of one call to the store, so that a bounded number of entries is in memory beside what is made of them. */
const placesAtOnce = 100

type LogOf = (source: string) => string

/** Folds what is new in the logs of some sources since a fold was last brought up to date; one call where little is. */
export async function foldNewer(store: StateStore, fold: Fold, sources: Iterable<string>, logOf: LogOf): Promise<void> {
  let behind = [...sources]
  for (let ahead = aheadAtFirst; behind.length > 0; ahead = Math.min(ahead * 4, aheadAtMost)) {
    const places = behind.flatMap(source => {
      const { number } = headOf(fold, source)
      return Array.from({ length: ahead }, (_, at) => ({ log: logOf(source), number: number + 1 + at }))
    })
    const byLog = Map.groupBy(await readAll(store, places), ({ log }) => log)
    for (const source of behind) foldItems(fold, source, byLog.get(logOf(source)) ?? [])
    behind = behind.filter(source => (byLog.get(logOf(source))?.length ?? 0) === ahead) // there may be more
  }
}

/** Notes a source's log from after a number to its end, for a fold that was just opened: numbers that have expired are passed over. */
export async function noteToEnd(
  store: StateStore,
  fold: Fold,
  source: string,
  { log, after }: { log: string; after: number },
): Promise<void> {
  for (const item of await store.readAfter(log, after)) noteEntry(fold, source, toColumnEntry(item))
}

/** Reads the entries from those numbers on up to a cut, in order of source and number; undefined where one is gone. */
export async function readToCut(
  store: StateStore,
  after: (source: string) => number,
  cut: Cut,
  logOf: LogOf,
): Promise<ReadonlyMap<string, readonly StateItem[]> | undefined> {
  const sources = Object.keys(cut)
  const places = sources.flatMap(source => {
    const number = after(source)
    return Array.from({ length: Math.max(0, cut[source] - number) }, (_, at) => ({ log: logOf(source), number: number + 1 + at }))
  })
  const items = await readAll(store, places)
  if (items.length < places.length) return undefined
  const byLog = Map.groupBy(items, ({ log }) => log)
  return new Map(sources.map(source => [source, (byLog.get(logOf(source)) ?? []).toSorted((a, b) => a.number - b.number)]))
}

/** Brings a fold forward to a cut, and no further; false where an entry of it is gone. */
export async function foldToCut(store: StateStore, fold: Fold, cut: Cut, logOf: LogOf): Promise<boolean> {
  const items = await readToCut(store, source => headOf(fold, source).number, cut, logOf)
  for (const [source, own] of items ?? []) for (const item of own) foldEntry(fold, source, toColumnEntry(item))
  return items !== undefined
}

/** Folds the items that follow the fold's own without a gap. */
function foldItems(fold: Fold, source: string, items: readonly StateItem[]): void {
  const { number } = headOf(fold, source)
  const next = items.toSorted((a, b) => a.number - b.number).filter((item, at) => item.number === number + 1 + at)
  for (const item of next) foldEntry(fold, source, toColumnEntry(item))
}

async function readAll(store: StateStore, places: readonly Pick<StateItem, 'log' | 'number'>[]): Promise<StateItem[]> {
  const items: StateItem[] = []
  for (let from = 0; from < places.length; from += placesAtOnce) items.push(...(await store.read(places.slice(from, from + placesAtOnce))))
  return items
}
