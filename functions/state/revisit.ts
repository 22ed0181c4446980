import type { WindowPlan } from '#models/windows/window-plan.ts'
import { makeJudge } from '../features/judge.ts'
import type { StateStore } from '../ports.ts'
import { type Entry, toEntry } from './entry.ts'
import type { EventVisit } from './event-visit.ts'
import { emptyFold, type Fold, headAfter, headOf, kindOf } from './fold.ts'
import { foldToCut } from './logs.ts'
import { isWithin, readSnapshot, toHeader } from './snapshots.ts'

/** Entries of the source itself that are read at a time, newest first. */
const entriesAtOnce = 8

/**
 * Shows events that came again the windows that they saw the first time.
 *
 * Each entry of an events' log names the cut that its events were computed from. The windows of that cut are built anew, from a snapshot
 * that lies within it and the entries up to it, and the entry's own events are added up to each event that came again.
 */
export function makeRevisit(options: {
  readonly plan: WindowPlan
  readonly store: StateStore
  readonly snapshotsLog: string
  readonly logOf: (source: string) => string
}): (now: Fold, source: string, events: readonly EventVisit[]) => Promise<number> {
  const { plan, store, snapshotsLog, logOf } = options

  /** The windows just before an entry; undefined where they can no longer be had. */
  async function openBefore(source: string, { number, cut }: Entry, reusable: Fold | undefined): Promise<Fold | undefined> {
    const wanted = { ...cut, [source]: number - 1 }
    const isBehind = reusable && [...reusable.heads].every(([name, head]) => head.number <= (wanted[name] ?? 0))
    const fold = isBehind ? reusable : await openWithin(wanted)
    return (await foldToCut(store, fold, wanted, logOf)) ? fold : undefined
  }

  async function openWithin(cut: Readonly<Record<string, number>>): Promise<Fold> {
    let item = await store.readLast(snapshotsLog)
    while (item) {
      const header = toHeader(item)
      const fold = isWithin(header, cut) ? await readSnapshot(store, plan, header) : undefined
      if (fold) return fold
      ;[item] = await store.read([{ log: snapshotsLog, number: header.number - 1 }])
    }
    return emptyFold(plan)
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
    const showNow = (event: EventVisit) => {
      event.visit(now.windows, false)
      gone++
    }
    // What an entry that is gone had counted comes first; its end is not known, so its events go by the first entry that is there.
    if (!isWhole)
      while (at < events.length && events[at].offset < (entries[0]?.ops[0]?.offset ?? Number.POSITIVE_INFINITY)) showNow(events[at++])
    for (const entry of entries) {
      const until = events.findLastIndex(({ offset }) => offset <= entry.lastOffset) + 1
      const mine = events.slice(at, until)
      at = Math.max(at, until)
      if (mine.length === 0) continue
      fold = await openBefore(source, entry, fold)
      if (!fold) {
        mine.forEach(showNow)
        continue
      }
      visitAgain(fold, source, entry, mine)
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
        fold.windows.apply(kind, op)
        judge.take(op.atMs)
      }
    }
    for (const { offset, op, visit } of events) {
      addUpTo(offset)
      visit(fold.windows, judge.timingOf(op.atMs) !== 'inTime')
    }
    addUpTo(Number.POSITIVE_INFINITY)
    fold.heads.set(source, headAfter(entry))
  }
}
