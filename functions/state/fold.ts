import type { WindowPlan } from '#models/windows/plan.ts'
import { openWindows, type Windows } from '#models/windows/windows.ts'
import { type Cut, type Entry, newestOf } from './entry.ts'

/** How far one source has been counted. */
export interface Head {
  /** Number of its last entry; 0 before the first. */
  readonly number: number
  readonly lastOffset: number
  /** The newest event time of the partition; -Infinity before the first. */
  readonly newestMs: number
}

export const noHead: Head = { number: 0, lastOffset: -1, newestMs: Number.NEGATIVE_INFINITY }

/** The windows that the entries folded so far make, and which entries those are. */
export interface Fold {
  readonly windows: Windows
  readonly heads: Map<string, Head>
}

export function emptyFold(plan: WindowPlan): Fold {
  return { windows: openWindows(plan), heads: new Map() }
}

export function headOf({ heads }: Fold, source: string): Head {
  return heads.get(source) ?? noHead
}

export function cutOf({ heads }: Fold): Cut {
  return Object.fromEntries([...heads].map(([source, { number }]) => [source, number]))
}

/** The number of entries that have been folded. */
export function entryCount(cut: Cut): number {
  return Object.values(cut).reduce((sum, number) => sum + number, 0)
}

/** Adds an entry of a source; entries of one source go in their order, those of several in any. */
export function foldEntry(fold: Fold, source: string, entry: Entry): void {
  const kind = kindOf(fold.windows.plan, source)
  for (const { op } of entry.ops) fold.windows.apply(kind, op)
  fold.heads.set(source, headAfter(entry))
}

export function headAfter({ number, lastOffset, newestBeforeMs, ops }: Entry): Head {
  return { number, lastOffset, newestMs: newestOf(newestBeforeMs, ops) ?? Number.NEGATIVE_INFINITY }
}

/** A source is a partition of a topic: its records are those of the plan's source whose name ends the topic's. */
export function kindOf(plan: WindowPlan, source: string): number {
  const topic = source.slice(0, source.lastIndexOf('-'))
  return plan.sources.findIndex(({ name }) => topic.endsWith(`.${name}`))
}
