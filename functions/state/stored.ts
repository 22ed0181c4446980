import type { WindowPlan } from '#models/windows/plan.ts'
import type { Windows } from '#models/windows/windows.ts'
import type { StateStore } from '../ports.ts'
import { toEntry } from './entry.ts'
import { emptyFold, type Fold } from './fold.ts'
import { foldToEnd } from './logs.ts'
import { readSnapshot, type SnapshotHeader, toHeader } from './snapshots.ts'

/** State written in another format begins otherwise, and is not seen. */
const formatVersion = 'v1'

/** The names of the logs of a plan's state. */
export function logNames({ layout }: WindowPlan) {
  const space = `${formatVersion}.${layout}`
  return { sources: `${space}/sources`, snapshots: `${space}/snapshots`, of: (source: string) => `${space}/${source}` }
}

/** A fold of all that is stored, the sources whose logs it read, and the snapshot from which it began. */
export interface OpenedFold {
  readonly fold: Fold
  readonly sources: readonly string[]
  readonly snapshot: SnapshotHeader | undefined
  /** Entries that were folded on top of the snapshot. */
  readonly entries: number
}

export async function openFold(store: StateStore, plan: WindowPlan): Promise<OpenedFold> {
  const logs = logNames(plan)
  const item = await store.readLast(logs.snapshots)
  const snapshot = item && toHeader(item)
  const fold = (snapshot && (await readSnapshot(store, plan, snapshot))) ?? emptyFold(plan)
  const sources = await readSources(store, logs.sources, 0)
  let entries = 0
  for (const source of sources) entries += await foldToEnd(store, fold, source, logs.of(source))
  return { fold, sources, snapshot, entries }
}

/** The partitions that have a log, after the first `known` of them. */
export async function readSources(store: StateStore, log: string, known: number): Promise<string[]> {
  return (await store.readAfter(log, known)).map(({ body }) => new TextDecoder().decode(body))
}

/** The windows that all stored records make: to compare them with those of the archive. */
export async function readWindows(store: StateStore, plan: WindowPlan): Promise<Windows> {
  return (await openFold(store, plan)).fold.windows
}

/** What had been counted when a run of events got their features: for each partition the last offset, those of the run left out. */
export interface Knowledge {
  /** The run's last offset; it begins after the one before. */
  readonly lastOffset: number
  readonly known: Readonly<Record<string, number>>
}

/**
 * What the events of a partition knew, run by run in the order of their offsets, as far as entries are kept.
 *
 * With it features can be made again from archived records: those up to the offsets known, and the events of the partition itself before each.
 *
 * @example const runs = await readKnowledge(store, pipeline.windows!, 'flights.events-0')
 */
export async function readKnowledge(store: StateStore, plan: WindowPlan, source: string): Promise<Knowledge[]> {
  const logs = logNames(plan)
  const lastOffsets = new Map<string, Map<number, number>>()
  for (const name of await readSources(store, logs.sources, 0)) {
    const items = await store.readAfter(logs.of(name), 0)
    lastOffsets.set(name, new Map(items.map(item => [item.number, toEntry(item).lastOffset])))
  }
  return (await store.readAfter(logs.of(source), 0)).map(item => {
    const { cut, lastOffset } = toEntry(item)
    const known = Object.entries(cut ?? {}).map(([name, number]) => [name, lastOffsets.get(name)?.get(number) ?? -1] as const)
    return { lastOffset, known: Object.fromEntries(known.filter(([, offset]) => offset >= 0)) }
  })
}
