import { isTable } from '#models/windows/joined-rows.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
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
  /** What entries wrote in tables, or took away, since the last snapshot that is known. */
  tableChanges: TableChange[]
}

/** The rows of tables that one entry touched. */
export interface TableChange {
  readonly source: string
  readonly number: number
  readonly rows: readonly (readonly [join: number, key: string])[]
}

export function emptyFold(plan: WindowPlan): Fold {
  return { windows: openWindows(plan), heads: new Map(), tableChanges: [] }
}

export function headOf({ heads }: Fold, source: string): Head {
  return heads.get(source) ?? noHead
}

export function cutOf({ heads }: Fold): Cut {
  return Object.fromEntries([...heads].map(([source, { number }]) => [source, number]))
}

/** Adds an entry of a source; entries of one source go in their order, those of several in any. */
export function foldEntry(fold: Fold, source: string, entry: Entry): void {
  const kind = kindOf(fold.windows.plan, source)
  for (const { op } of entry.ops) fold.windows.apply(kind, op)
  fold.heads.set(source, headAfter(entry))
  const rows = touchedRows(fold.windows.plan, kind, entry)
  if (rows.length > 0) fold.tableChanges.push({ source, number: entry.number, rows })
}

/** Forgets what a snapshot that had read this far holds. */
export function dropChanges(fold: Fold, heads: Readonly<Record<string, Head>>): void {
  fold.tableChanges = fold.tableChanges.filter(({ source, number }) => number > (heads[source]?.number ?? 0))
}

function touchedRows({ sources, joins }: WindowPlan, kind: number, { ops }: Entry): TableChange['rows'] {
  return sources[kind].joins.flatMap((join, place) => {
    if (!isTable(join)) return []
    const at = joins.indexOf(join)
    return ops.flatMap(({ op }) => (op.rows?.[place] ? [[at, op.rows[place][0]] as const] : []))
  })
}

export function headAfter({ number, lastOffset, newestBeforeMs, ops }: Entry): Head {
  return { number, lastOffset, newestMs: newestOf(newestBeforeMs, ops) ?? Number.NEGATIVE_INFINITY }
}

/** A source is a partition of a topic: its records are those of the plan's source whose name ends the topic's. */
export function kindOf(plan: WindowPlan, source: string): number {
  const topic = source.slice(0, source.lastIndexOf('-'))
  return plan.sources.findIndex(({ name }) => topic.endsWith(`.${name}`))
}
