import type { WindowPlan } from '#models/windows/window-plan.ts'
import { makeJudge } from '../features/judge.ts'
import { type Entry, toColumnEntry, toEntry } from './entry.ts'
import { type EventVisit, keysOf } from './event-visit.ts'
import { countHeld, emptyFold, type Fold, headOf, kindOf, noteEntry, setHead } from './fold.ts'
import { toHash } from './hash.ts'
import { headAfter } from './head.ts'
import { holdKeys, type StateReader } from './hold.ts'
import { foldToCut, readToCut } from './logs.ts'
import { floorOf } from './slices.ts'
import { readBaseWithin } from './snapshots.ts'

/** Entries of the source itself that are read at a time, newest first. */
const entriesAtOnce = 8

/**
 * Shows events that came again the windows that they saw the first time.
 *
 * Each entry of an events' log names the cut that its events were computed from. The windows of that cut are built anew for the keys that these
 * events ask for, from pages that lie within it and the entries up to it, and the entry's own events are added up to each event that came again.
 */
export function makeRevisit(
  reader: StateReader,
  { plan, logOf }: { readonly plan: WindowPlan; readonly logOf: (source: string) => string },
): (now: Fold, source: string, events: readonly EventVisit[]) => Promise<number> {
  const { store } = reader

  /** The windows of some keys just before an entry; undefined where they can no longer be had. */
  async function openBefore(
    source: string,
    { number, cut }: Entry,
    keys: readonly string[],
    reusable: Fold | undefined,
  ): Promise<Fold | undefined> {
    const wanted = { ...cut, [source]: number - 1 }
    const isBehind = reusable && [...reusable.heads].every(([name, head]) => head.number <= (wanted[name] ?? 0))
    if (!isBehind) return openWithin(wanted, keys)
    return (await foldToCut(store, reusable, wanted, logOf)) ? reusable : undefined
  }

  async function openWithin(cut: Readonly<Record<string, number>>, keys: readonly string[]): Promise<Fold | undefined> {
    const hashes = keys.map(toHash)
    const isNeeded = (fromHash: number, endHash: number) => hashes.some(hash => hash >= fromHash && hash < endHash)
    const base = await readBaseWithin(reader, plan, { cut, isNeeded })
    if (!base) return undefined
    // What was not stepped back to the cut is of no key that is asked for.
    const used = {
      ...base,
      slices: base.slices.filter(({ fromHash }, at) => isNeeded(fromHash, base.slices[at + 1]?.fromHash ?? Infinity)),
    }
    const fold = { ...emptyFold(plan, used), held: new Map<string, number>() }
    const items = await readToCut(store, name => floorOf(used, name), cut, logOf)
    if (!items) return undefined
    for (const { index } of used.slices) {
      for (const [name, head] of Object.entries(index.heads)) if (head.number >= headOf(fold, name).number) setHead(fold, name, head)
    }
    for (const [name, own] of items) for (const item of own) noteEntry(fold, name, toColumnEntry(item))
    return (await holdKeys(reader, fold, keys)) ? fold : undefined
  }

  /** The entries that hold offsets from `fromOffset` on, oldest first, as far back as they are there. */
  async function readEntries(now: Fold, source: string, fromOffset: number): Promise<{ entries: Entry[]; isWhole: boolean }> {
    const entries: Entry[] = []
    for (let last = headOf(now, source).number; last > 0; last -= entriesAtOnce) {
      const count = Math.min(entriesAtOnce, last)
      const places = Array.from({ length: count }, (_, at) => ({ log: logOf(source), number: last - at }))
      const items = (await store.read(places)).toSorted((a, b) => b.number - a.number)
      for (const [at, item] of items.entries()) {
        if (item.number !== last - at) return { entries, isWhole: false }
        const entry = toEntry(item)
        if (entry.lastOffset < fromOffset) return { entries, isWhole: true }
        entries.unshift(entry)
      }
      if (items.length < count) return { entries, isWhole: false }
    }
    return { entries, isWhole: true }
  }

  return async (now, source, events) => {
    const { entries, isWhole } = await readEntries(now, source, events[0].offset)
    let at = 0
    let gone = 0
    let fold: Fold | undefined
    const showNow = async (visits: readonly EventVisit[]) => {
      await holdKeys(reader, now, keysOf(visits))
      for (const { visit } of visits) visit(now.windows, false)
      gone += visits.length
    }
    // What an entry that is gone had counted comes first; its end is not known, so its events go by the first entry that is there.
    if (!isWhole) {
      const firstOffset = entries[0]?.ops[0]?.offset ?? Number.POSITIVE_INFINITY
      const until = events.findLastIndex(({ offset }) => offset < firstOffset) + 1
      await showNow(events.slice(0, until))
      at = until
    }
    const keys = keysOf(events.slice(at))
    for (const entry of entries) {
      const until = events.findLastIndex(({ offset }) => offset <= entry.lastOffset) + 1
      const mine = events.slice(at, until)
      at = Math.max(at, until)
      if (mine.length === 0) continue
      fold = await openBefore(source, entry, keys, fold)
      if (fold) visitAgain(fold, source, entry, mine)
      else await showNow(mine)
    }
    return gone
  }

  function visitAgain(fold: Fold, source: string, entry: Entry, events: readonly EventVisit[]): void {
    const kind = kindOf(plan, source)
    const judge = makeJudge(plan.lateness, entry.newestBeforeMs ?? Number.NEGATIVE_INFINITY)
    let next = 0
    const addUpTo = (offset: number) => {
      for (; next < entry.ops.length && entry.ops[next].offset < offset; next++) {
        const { op } = entry.ops[next]
        countHeld(fold, kind, op)
        judge.take(op.atMs)
      }
    }
    for (const { offset, op, visit } of events) {
      addUpTo(offset)
      visit(fold.windows, judge.timingOf(op.atMs) !== 'inTime')
    }
    addUpTo(Number.POSITIVE_INFINITY)
    setHead(fold, source, headAfter(entry))
  }
}
