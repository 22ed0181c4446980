import type { StateStore } from '../ports.ts'
import type { StateReader } from './hold.ts'
import { attemptLogs, indexPlace, itemsOfSlice, type Place } from './items.ts'
import { type Ref, type Root, type SliceIndex, toRoot } from './slices.ts'
import { claimsLog, readIndexes, toAttempt } from './snapshots.ts'

/** Items that are asked for at once to find those that are there. */
const foundAtOnce = 100

/**
 * Gives an end to all that only snapshots before the newest need: the entries that are in all pages of the newest and were not in those of the
 * one before, the pages and indexes that it replaced, the header of the one before, what writers left that died or lost.
 *
 * It runs before the next snapshot is written, so that one which stops halfway is done again, and nothing is left behind for ever. What no
 * snapshot holds yet has no end, however long nobody writes.
 */
export async function retire(reader: StateReader, logOf: (source: string) => string, newest: Root, atSec: number): Promise<void> {
  const { store, snapshots } = reader
  const [item] = newest.number > 1 ? await store.read([{ log: snapshots, number: newest.number - 1 }]) : []
  if (newest.number > 1 && !item) return // it was given its end last of all, and that is past
  const before = item && toRoot(item)
  const indexes = await readIndexes(reader, [...newest.slices, ...(before?.slices ?? [])])
  const floors = floorsOf(newest, indexes)
  const floorsBefore = before ? floorsOf(before, indexes) : new Map<string, number>()
  const entries = [...floors].flatMap(([source, floor]) => {
    const first = (floorsBefore.get(source) ?? 0) + 1
    return Array.from({ length: Math.max(0, floor - first + 1) }, (_, at) => ({ log: logOf(source), number: first + at }))
  })
  await store.expire([...entries, ...replaced(reader, newest, before, indexes), ...(await findLost(reader, newest))], atSec)
  if (before) await store.expire([{ log: snapshots, number: before.number }], atSec)
}

/** For each source, the last entry that is in all pages of a snapshot. */
function floorsOf({ slices, heads }: Root, indexes: ReadonlyMap<Ref, SliceIndex>): Map<string, number> {
  const numberIn = (ref: Ref, source: string) => indexes.get(ref)?.heads[source]?.number ?? 0
  return new Map(Object.keys(heads).map(source => [source, Math.min(...slices.map(ref => numberIn(ref, source)))]))
}

/** The items of the snapshot before that the newest has no more. */
function replaced({ snapshots }: StateReader, newest: Root, before: Root | undefined, indexes: ReadonlyMap<Ref, SliceIndex>): Place[] {
  const placesOf = (root: Root, isWanted: (ref: Ref) => boolean) =>
    root.slices.filter(isWanted).flatMap(ref => {
      const index = indexes.get(ref)
      return index ? itemsOfSlice(snapshots, { ref, index }) : [indexPlace(snapshots, ref)]
    })
  const nameOf = ({ attempt, at }: Ref) => `${attempt}/${at}`
  const standing = new Set((before?.slices ?? []).map(nameOf).filter(name => newest.slices.some(ref => nameOf(ref) === name)))
  const isChanged = (ref: Ref) => !standing.has(nameOf(ref))
  const kept = new Set(placesOf(newest, isChanged).map(({ log }) => log))
  return before ? placesOf(before, isChanged).filter(({ log }) => !kept.has(log)) : []
}

/** What is left of those who began to write the newest snapshot, pages and indexes of the one who did it aside. */
async function findLost({ store, snapshots }: StateReader, { number, slices }: Root): Promise<Place[]> {
  const log = claimsLog(snapshots, number)
  const lost: Place[] = []
  for (const { number: claim } of await store.readAfter(log, 0)) {
    lost.push({ log, number: claim })
    const attempt = toAttempt(number, claim)
    if (slices.some(slice => slice.attempt === attempt)) continue
    for (const logOf of Object.values(attemptLogs)) lost.push(...(await findItems(store, at => logOf(snapshots, { attempt, at }))))
  }
  return lost
}

/** The items that are there of logs that were written one after another, some at once, by one who did not come to the end. */
async function findItems(store: StateStore, logOf: (at: number) => string): Promise<Place[]> {
  const found: Place[] = []
  for (let from = 0; ; from += foundAtOnce) {
    const items = await store.read(Array.from({ length: foundAtOnce }, (_, at) => ({ log: logOf(from + at), number: 0 })))
    if (items.length === 0) return found
    for (const { log } of items) found.push(...(await store.readAfter(log, -1)).map(({ number }) => ({ log, number })))
  }
}
