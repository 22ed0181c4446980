import type { Op } from '#models/windows/op.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import { openWindows, type Windows } from '#models/windows/windows.ts'
import type { ColumnEntry, Cut } from './entry.ts'
import { type Head, noHead } from './head.ts'
import { type Base, emptyBase, sliceOf } from './slices.ts'
import { eachOp, eachOpOf, newestMsOf, type TailEntry, toTailEntry } from './tail.ts'

/**
 * What a function knows of the state at a moment: how far each log has been read, and the windows of the keys that it holds.
 *
 * What came of any key is what the pages of `base` have of it, and all that `tail` has of it since: so a key that is not held can be looked up.
 */
export interface Fold {
  readonly windows: Windows
  readonly heads: Map<string, Head>
  base: Base
  /** All entries that are not in all pages of the base, those of one source in their order. */
  tail: TailEntry[]
  /** The keys whose windows are held, and the number of the batch that last asked for each; undefined: all there are. */
  held: Map<string, number> | undefined
  /** How often keys were asked for. */
  askedCount: number
}

export function emptyFold(plan: WindowPlan, base: Base = emptyBase): Fold {
  return { windows: openWindows(plan), heads: new Map(), base, tail: [], held: base === emptyBase ? undefined : new Map(), askedCount: 0 }
}

export function headOf({ heads }: Fold, source: string): Head {
  return heads.get(source) ?? noHead
}

export function cutOf({ heads }: Fold): Cut {
  return Object.fromEntries([...heads].map(([source, { number }]) => [source, number]))
}

/** Moves a source's head on, and the clock of its windows. */
export function setHead({ windows, heads }: Fold, source: string, head: Head): void {
  heads.set(source, head)
  if (head.newestMs > Number.NEGATIVE_INFINITY) windows.advance(kindOf(windows.plan, source), head.newestMs)
}

/** Adds an entry of a source; entries of one source go in their order, those of several in any. */
export function foldEntry(fold: Fold, source: string, entry: ColumnEntry): void {
  const noted = noteEntry(fold, source, entry)
  const take = (op: Op) => fold.windows.apply(noted.kind, op)
  const { held } = fold
  if (held) eachOpOf(noted, key => held.has(key), take)
  else eachOp(noted, take)
}

/** The same for an entry whose ops the windows of the keys held have, or get, otherwise. */
export function noteEntry(fold: Fold, source: string, entry: ColumnEntry): TailEntry {
  const { number, bytes, columns, lastOffset, newestBeforeMs } = entry
  const noted = toTailEntry({ source, kind: kindOf(fold.windows.plan, source), number, bytes }, columns)
  fold.tail.push(noted)
  const newestMs = Math.max(newestBeforeMs ?? Number.NEGATIVE_INFINITY, newestMsOf(noted))
  setHead(fold, source, { number, lastOffset, newestMs })
  return noted
}

/** Counts an op in the windows of those of its keys that are held. */
export function countHeld({ windows, held }: Pick<Fold, 'windows' | 'held'>, kind: number, op: Op): void {
  if (!held) {
    windows.apply(kind, op)
    return
  }
  const keys = op.keys.map(key => (key !== null && held.has(key) ? key : null))
  const rows = op.rows?.map(row => (row && held.has(row[0]) ? row : undefined))
  windows.apply(kind, { ...op, keys, ...(rows ? { rows } : {}) })
}

/** Adds to windows what came of wanted keys since the pages of the base. */
export function applyTail(
  { base, tail }: Pick<Fold, 'base' | 'tail'>,
  windows: Windows,
  isWanted: (key: string, hash: number) => boolean,
): void {
  for (const entry of tail) {
    const isMissing = (key: string, hash: number) => isWanted(key, hash) && entry.number > numberIn(base, hash, entry.source)
    eachOpOf(entry, isMissing, op => windows.apply(entry.kind, op))
  }
}

/** The last entry of a source that is in the pages of this hash. */
export function numberIn(base: Base, hash: number, source: string): number {
  return sliceOf(base, hash).index.heads[source]?.number ?? 0
}

/** Lets go of the entries that are in all pages of the base. */
export function trimTail(fold: Fold): void {
  const floors = new Map<string, number>()
  for (const { index } of fold.base.slices) {
    for (const source of fold.heads.keys()) {
      floors.set(source, Math.min(floors.get(source) ?? Number.POSITIVE_INFINITY, index.heads[source]?.number ?? 0))
    }
  }
  fold.tail = fold.tail.filter(({ source, number }) => number > (floors.get(source) ?? 0))
}

/** A source is a partition of a topic: its records are those of the plan's source whose name ends the topic's. */
export function kindOf(plan: WindowPlan, source: string): number {
  const topic = source.slice(0, source.lastIndexOf('-'))
  return plan.sources.findIndex(({ name }) => topic.endsWith(`.${name}`))
}
