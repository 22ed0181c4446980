import type { StoredRows } from '#models/windows/joined-rows.ts'
import { storeTables } from '#models/windows/snapshot.ts'
import type { Windows } from '#models/windows/windows.ts'
import type { StateStore } from '../ports.ts'
import type { Fold, Head } from './fold.ts'
import { type Run, readRun, writeRun } from './pages.ts'

/** Keys of rows, by join. */
type Keys = Map<number, Set<string>>

/** What a snapshot builds on: the runs of table rows of the one before, and how far that one had read. */
export interface TableBase {
  readonly tables: readonly Run[]
  readonly heads: Readonly<Record<string, Head>>
}

/**
 * The runs that hold all rows of tables, oldest first; of those that the base has, nothing is written again that need not be.
 *
 * Only rows that changed since the base are written, as a run that stands over the older ones, a row that was taken away as a key without
 * rows. A new run takes in those before it that are no larger than itself, so that there are at most as many as a million rows halve, twenty,
 * and a row is written again as often at most. The first run has every row; without a base it is made anew.
 */
export async function writeTables(
  store: StateStore,
  log: string,
  { windows, tableChanges }: Fold,
  base?: TableBase,
): Promise<readonly Run[]> {
  const kept = [...(base?.tables ?? [])]
  const changed: Keys = new Map()
  for (const { source, number, rows } of tableChanges) {
    if (number > (base?.heads[source]?.number ?? 0)) for (const [join, key] of rows) addKey(changed, join, key)
  }
  if (base && changed.size === 0) return kept
  let bytes = sizeOf(rowsOf(windows, changed))
  for (let last = kept.at(-1); last && last.bytes <= bytes; last = kept.at(-1)) {
    bytes += last.bytes
    kept.pop()
    const isFirst = kept.length === 0
    if (!isFirst && !(await readRun(store, last, row => 'join' in row && addKey(changed, row.join, row.key)))) kept.length = 0
  }
  const run = await writeRun(store, log, kept.length === 0 ? storeTables(windows) : rowsOf(windows, changed))
  return run.pageCount > 0 ? [...kept, run] : kept
}

function addKey(keys: Keys, join: number, key: string): void {
  const known = keys.get(join)
  if (known) known.add(key)
  else keys.set(join, new Set([key]))
}

function* rowsOf({ joined }: Windows, keys: Keys): Generator<StoredRows> {
  for (const [join, names] of keys) yield* joined.storeTable(join, names)
}

function sizeOf(rows: Iterable<StoredRows>): number {
  let bytes = 0
  for (const row of rows) bytes += Buffer.byteLength(JSON.stringify(row)) + 1
  return bytes
}
