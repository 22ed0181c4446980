import type { StateItem, StateStore } from '#functions/ports.ts'
import { type Cut, type Entry, fromBody, toEntry } from '#functions/state/entry.ts'
import { readRoot } from '#functions/state/snapshots.ts'
import { logNames } from '#functions/state/stored.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'

/** What the events of one entry of a partition's log had seen of the other partitions. */
export interface SeenEntry {
  /** The entry holds the partition's events from this offset on … */
  readonly firstOffset: number
  /** … up to this one. */
  readonly lastOffset: number
  /** By source, the last offset that had been counted; undefined where the state table has forgotten it. */
  readonly seen: ReadonlyMap<string, number> | undefined
}

/** The state table's log, read only for which records had been counted when: what they were comes from elsewhere. */
export interface StateLog {
  /** The entries of a partition of events that hold these offsets, oldest first, as far as they are kept. */
  entriesOf(source: string, firstOffset: number, lastOffset: number): AsyncGenerator<SeenEntry>
}

/** Entries that are read in one call. */
const entriesAtOnce = 25

export function makeStateLog(store: StateStore, plan: WindowPlan): StateLog {
  const { snapshots: snapshotsLog, of: logOf } = logNames(plan)
  const lastOffsets = new Map<string, number>()
  let isSnapshotRead = false

  async function readEntries(source: string, first: number, count: number): Promise<Entry[]> {
    const places = Array.from({ length: count }, (_, at) => ({ log: logOf(source), number: first + at }))
    return (await store.read(places)).map(toEntry).sort((a, b) => a.number - b.number)
  }

  /** The first entry that ends at the offset or after it; numbers that are gone are older. */
  async function findEntry(source: string, offset: number): Promise<number | undefined> {
    const last = await store.readLast(logOf(source))
    if (!last || toEntry(last).lastOffset < offset) return undefined
    let [before, found] = [0, last.number]
    while (found - before > 1) {
      const middle = (before + found) >> 1
      const [entry] = await readEntries(source, middle, 1)
      if (entry && entry.lastOffset >= offset) found = middle
      else before = middle
    }
    return found
  }

  /** Where each entry that the cuts name ends. */
  async function readCuts(cuts: readonly Cut[]): Promise<void> {
    const wanted = new Map<string, Pick<StateItem, 'log' | 'number'>>()
    for (const [source, number] of cuts.flatMap(cut => Object.entries(cut))) {
      const place = toPlace(source, number)
      if (number > 0 && !lastOffsets.has(place)) wanted.set(place, { log: logOf(source), number })
    }
    const places = [...wanted.values()]
    for (let from = 0; from < places.length; from += entriesAtOnce) {
      for (const { log, number, body } of await store.read(places.slice(from, from + entriesAtOnce))) {
        lastOffsets.set(toPlace(log.slice(logOf('').length), number), fromBody<Pick<Entry, 'lastOffset'>>(body).lastOffset)
      }
    }
    if (!isSnapshotRead) await readSnapshotHeads()
    isSnapshotRead = true
  }

  /** A source that fell silent has no entry any more; the newest snapshot tells where it stands. */
  async function readSnapshotHeads(): Promise<void> {
    const heads = (await readRoot({ store, snapshots: snapshotsLog }))?.heads ?? {}
    for (const [source, { number, lastOffset }] of Object.entries(heads)) lastOffsets.set(toPlace(source, number), lastOffset)
  }

  function toSeen(own: string, cut: Cut): SeenEntry['seen'] {
    const seen = new Map<string, number>()
    for (const [source, number] of Object.entries(cut)) {
      if (source === own || number === 0) continue
      const lastOffset = lastOffsets.get(toPlace(source, number))
      if (lastOffset === undefined) return undefined
      seen.set(source, lastOffset)
    }
    return seen
  }

  return {
    async *entriesOf(source, firstOffset, lastOffset) {
      const first = await findEntry(source, firstOffset)
      if (first === undefined) return
      let previous: Entry | undefined
      if (first > 1) [previous] = await readEntries(source, first - 1, 1)
      for (let number = first; (previous?.lastOffset ?? -1) < lastOffset; number += entriesAtOnce) {
        const entries = await readEntries(source, number, entriesAtOnce)
        await readCuts(entries.map(({ cut }) => cut ?? {}))
        for (const entry of entries) {
          if (previous && previous.lastOffset >= lastOffset) return
          yield {
            firstOffset: startOf(entry, previous),
            lastOffset: entry.lastOffset,
            seen: entry.cut ? toSeen(source, entry.cut) : undefined,
          }
          previous = entry
        }
        if (entries.length < entriesAtOnce) return
      }
    },
  }
}

/** What an entry that is gone held is not known: then its own first op is the first that it surely holds. */
function startOf({ number, ops, lastOffset }: Entry, previous: Entry | undefined): number {
  if (number === 1) return 0
  return previous?.number === number - 1 ? previous.lastOffset + 1 : (ops[0]?.offset ?? lastOffset)
}

function toPlace(source: string, number: number): string {
  return `${source} ${number}`
}
