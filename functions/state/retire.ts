import type { StateStore } from '../ports.ts'
import { findPages, type Place, pagesOf } from './pages.ts'
import { attemptOf, claimsLog, type SnapshotHeader, toHeader } from './snapshots.ts'

/**
 * Gives an end to all that only snapshots before the newest need: the entries that the newest holds, the pages and the header of the one
 * before, pages of writers that died or lost.
 *
 * It runs before the next snapshot is written, so that one which stops halfway is done again, and nothing is left behind for ever. What no
 * snapshot holds yet has no end, however long nobody writes.
 */
export async function retire(
  store: StateStore,
  { snapshots, of: logOf }: { readonly snapshots: string; of(source: string): string },
  newest: SnapshotHeader,
  atSec: number,
): Promise<void> {
  const [item] = newest.number > 1 ? await store.read([{ log: snapshots, number: newest.number - 1 }]) : []
  if (newest.number > 1 && !item) return // it was given its end last of all, and that is past
  const before = item && toHeader(item)
  const entries = Object.entries(newest.heads).flatMap(([source, head]) => {
    const first = (before?.heads[source]?.number ?? 0) + 1
    return Array.from({ length: Math.max(0, head.number - first + 1) }, (_, at) => ({ log: logOf(source), number: first + at }))
  })
  const stillNeeded = new Set(newest.tables.map(({ log }) => log))
  const runs = before ? [before.windows, ...before.tables].filter(({ log }) => !stillNeeded.has(log)) : []
  await store.expire([...entries, ...runs.flatMap(pagesOf), ...(await findLost(store, snapshots, newest))], atSec)
  if (before) await store.expire([{ log: snapshots, number: before.number }], atSec)
}

/** What is left of those who began to write the newest snapshot, pages of the one who did it aside. */
async function findLost(store: StateStore, snapshots: string, newest: SnapshotHeader): Promise<Place[]> {
  const log = claimsLog(snapshots, newest.number)
  const lost: Place[] = []
  for (const { number } of await store.readAfter(log, 0)) {
    lost.push({ log, number })
    const attempt = attemptOf(snapshots, newest.number, number)
    if (newest.windows.log.startsWith(`${attempt}/`)) continue
    for (const kind of ['windows', 'tables']) lost.push(...(await findPages(store, `${attempt}/${kind}`)))
  }
  return lost
}
