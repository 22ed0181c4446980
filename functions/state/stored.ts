import type { WindowPlan } from '#models/windows/window-plan.ts'
import type { StateStore } from '../ports.ts'
import { toEntry } from './entry.ts'
import { emptyFold, type Fold, type Head, headAfter } from './fold.ts'
import { addFolded, type Folded, foldToEnd, nothingFolded } from './logs.ts'
import { readSnapshot, type SnapshotHeader, toHeader } from './snapshots.ts'
import { type Registration, readRebuild, readRegistrations, readSources, toWholeness, type Wholeness } from './sources.ts'

/** State written in another format begins otherwise, and is not seen. */
const formatVersion = 'v2'

/** The names of the logs of a plan's state. */
export function logNames({ layout }: WindowPlan) {
  const space = `${formatVersion}.${layout}`
  return {
    sources: `${space}/sources`,
    snapshots: `${space}/snapshots`,
    rebuilds: `${space}/rebuilds`,
    of: (source: string) => `${space}/${source}`,
  }
}

/** A fold of all that is stored, the sources whose logs it read, and the snapshot from which it began. */
export interface OpenedFold {
  readonly fold: Fold
  readonly registrations: readonly Registration[]
  /** Number of the newest snapshot; 0 before the first. */
  readonly newestSnapshot: number
  /** The newest snapshot; undefined where it cannot be used: then the fold is what the entries alone make. */
  readonly base: SnapshotHeader | undefined
  /** What was folded on top of the snapshot. */
  readonly folded: Folded
}

export async function openFold(store: StateStore, plan: WindowPlan): Promise<OpenedFold> {
  const logs = logNames(plan)
  const item = await store.readLast(logs.snapshots)
  const header = item && toHeader(item)
  const restored = header && (await readSnapshot(store, plan, header))
  const fold = restored ?? emptyFold(plan)
  const registrations = await readRegistrations(store, logs.sources, 0)
  let folded = nothingFolded
  for (const { source } of registrations) folded = addFolded(folded, await foldToEnd(store, fold, source, logs.of(source)))
  return { fold, registrations, newestSnapshot: item?.number ?? 0, base: restored && header, folded }
}

/**
 * How far a source has been counted; undefined where nothing of it has been.
 *
 * The newest entry tells, or the newest snapshot: entries that a snapshot holds end in any order, so that the newest one there may be older.
 */
export async function readHead(store: StateStore, plan: WindowPlan, source: string): Promise<Head | undefined> {
  const logs = logNames(plan)
  const [entry, snapshot] = await Promise.all([store.readLast(logs.of(source)), store.readLast(logs.snapshots)])
  const heads = [entry && headAfter(toEntry(entry)), snapshot && toHeader(snapshot).heads[source]].filter(head => head !== undefined)
  return heads.sort((a, b) => b.number - a.number)[0]
}

/** How far each source has been counted. */
export async function readHeads(store: StateStore, plan: WindowPlan): Promise<ReadonlyMap<string, Head>> {
  const heads = new Map<string, Head>()
  for (const source of await readSources(store, logNames(plan).sources, 0)) {
    const head = await readHead(store, plan, source)
    if (head) heads.set(source, head)
  }
  return heads
}

/** Since when the windows of a plan are whole. */
export async function readWholeness(store: StateStore, plan: WindowPlan): Promise<Wholeness> {
  const logs = logNames(plan)
  return toWholeness(plan, await readRegistrations(store, logs.sources, 0), await readRebuild(store, logs.rebuilds))
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
