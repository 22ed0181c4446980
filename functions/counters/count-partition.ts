import type { CounterItem, CounterStore } from '../ports.ts'
import { addToDuels, duelNames } from './duels.ts'
import { leaveOutCounted, makeRoom, parseGuard, readPages, toGuardJson } from './guard.ts'
import { guardName, partitionList } from './names.ts'
import type { CountedRow } from './rows.ts'
import { addToTallies, tallyNames } from './tallies.ts'

/** Items of one write beside the guard: DynamoDB takes 100 in a transaction. */
const itemsAtMost = 99

/**
 * Adds the rows of a source partition to its tallies and duels, each once, however often it is delivered.
 *
 * All of them and the guard are one write: an event that comes again may have been scored by another model, and must add nothing to either.
 * Rows for more items than one write takes are counted a part at a time.
 */
export async function countPartition(
  ports: { readonly store: CounterStore; readonly positiveAtLeast: number; readonly expiresAtSec: number },
  partition: string,
  rows: readonly CountedRow[],
): Promise<void> {
  const { store, positiveAtLeast, expiresAtSec } = ports
  const names = [...new Set(rows.flatMap(row => [...tallyNames(row), ...duelNames(row)]))]
  if (names.length > itemsAtMost && rows.length > 1) {
    const middle = rows.length >> 1
    await countPartition(ports, partition, rows.slice(0, middle))
    await countPartition(ports, partition, rows.slice(middle))
    return
  }
  const stored = byName(await store.read([guardName, ...names].map(name => ({ partition, name }))))
  if (!stored.has(guardName)) await enlist(store, partition)
  const guard = await makeRoom(store, partition, parseGuard(stored.get(guardName)), expiresAtSec)
  const fresh = leaveOutCounted(rows, guard, await readPages(store, partition, guard, rows))
  if (fresh.rows.length === 0) return
  const { tallies, labels } = addToTallies(stored, fresh.rows, guard.labels, positiveAtLeast)
  const written: readonly (readonly [name: string, json: string])[] = [
    [guardName, toGuardJson({ ...fresh.guard, labels })],
    ...[...tallies, ...addToDuels(stored, fresh.rows)].map(([name, value]) => [name, JSON.stringify(value)] as const),
  ]
  await store.write(written.map(([name, json]) => ({ partition, name, version: stored.get(name)?.version ?? 0, json, expiresAtSec })))
}

/** Puts a partition that has not been counted before on the list, ahead of its first count: so that readers miss none. */
async function enlist(store: CounterStore, partition: string): Promise<void> {
  const place = { partition: partitionList, name: partition }
  if ((await store.read([place])).length === 0) await store.write([{ ...place, version: 0, json: '{}' }])
}

const byName = (items: readonly CounterItem[]): ReadonlyMap<string, CounterItem> => new Map(items.map(item => [item.name, item]))
