import type { WindowPlan } from '#models/windows/window-plan.ts'
import type { StateStore } from '../ports.ts'
import { toEntry } from './entry.ts'
import { emptyFold, type Fold, setHead } from './fold.ts'
import { type Head, headAfter } from './head.ts'
import { holdAll, type StateReader } from './hold.ts'
import { noteToEnd } from './logs.ts'
import { emptyBase, floorOf, pageBytesOf } from './slices.ts'
import { readBase, readRoot } from './snapshots.ts'
import { type Registration, readRebuild, readRegistrations, readSources, toWholeness, type Wholeness } from './sources.ts'

/** State written in another format begins otherwise, and is not seen. */
const formatVersion = 'v3'

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

/** A fold of all that is stored, and the partitions that have a log. */
export interface OpenedFold {
  readonly fold: Fold
  readonly registrations: readonly Registration[]
  /** There is a snapshot and it cannot be used: then the fold is what the entries alone make. */
  readonly isLost: boolean
}

/** How many keys of the tail a function that holds all may read at once: each may become a key in memory. */
const wholeKeysAtMost = 200_000

/** Opens the state as it is now, with the windows of all keys where pages take at most `wholeBytes`, before compression, else of none. */
export async function openFold(store: StateStore, plan: WindowPlan, wholeBytes = Number.POSITIVE_INFINITY): Promise<OpenedFold> {
  const logs = logNames(plan)
  const reader: StateReader = { store, snapshots: logs.snapshots }
  const root = await readRoot(reader)
  const base = root && (await readBase(reader, plan, root))
  const registrations = await readRegistrations(store, logs.sources, 0)
  const open = async (isUsed: boolean): Promise<OpenedFold> => {
    const used = isUsed && base ? base : { ...emptyBase, number: root?.number ?? 0 }
    const fold = emptyFold(plan, used)
    if (isUsed) for (const [source, head] of Object.entries(root?.heads ?? {})) setHead(fold, source, head)
    for (const { source } of registrations) await noteToEnd(store, fold, source, { log: logs.of(source), after: floorOf(used, source) })
    const isWhole = pageBytesOf(used) <= wholeBytes && (wholeBytes === Number.POSITIVE_INFINITY || keyCountOf(fold) <= wholeKeysAtMost)
    const isRead = !isWhole || (await holdAll(reader, fold))
    return isRead ? { fold, registrations, isLost: root !== undefined && !(isUsed && base) } : open(false)
  }
  return open(true)
}

/** How many keys the entries of a tail name, those of several each time. */
function keyCountOf({ tail }: Fold): number {
  return tail.reduce((sum, { keys, rowHashes }) => {
    return sum + [...keys, ...rowHashes.map(hashes => ({ hashes }))].reduce((own, { hashes }) => own + hashes.length, 0)
  }, 0)
}

/**
 * How far a source has been counted; undefined where nothing of it has been.
 *
 * The newest entry tells, or the newest snapshot: entries that a snapshot holds end in any order, so that the newest one there may be older.
 */
export async function readHead(store: StateStore, plan: WindowPlan, source: string): Promise<Head | undefined> {
  const logs = logNames(plan)
  const [entry, root] = await Promise.all([store.readLast(logs.of(source)), readRoot({ store, snapshots: logs.snapshots })])
  const heads = [entry && headAfter(toEntry(entry)), root?.heads[source]].filter(head => head !== undefined)
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
