import { MillraceError } from '#models/errors.ts'
import type { Op } from '#models/windows/op.ts'
import type { OffsetOp } from '#models/windows/op-columns.ts'
import type { WindowPlan } from '#models/windows/plan.ts'
import type { Windows } from '#models/windows/windows.ts'
import { isCounted, makeJudge, type Timing } from '../features/judge.ts'
import type { StateStore } from '../ports.ts'
import { type Entry, toEntry, toItems } from './entry.ts'
import { cutOf, type Fold, type Head, headAfter, headOf, noHead } from './fold.ts'
import { foldNewer } from './logs.ts'
import { makeRevisit } from './revisit.ts'
import { type SnapshotHeader, toHeader, writeSnapshot } from './snapshots.ts'
import { logNames, openFold, readSources } from './stored.ts'

/** An event to be looked at with the windows as they were when it came. */
export interface EventVisit {
  readonly offset: number
  readonly op: Op
  /**
   * Called in the order of offsets, with the windows of the moment before the event; may be called again, and then the last call counts.
   * `false` keeps the event out of the windows.
   */
  readonly visit: (windows: Windows, isLate: boolean) => boolean
}

/** What became of a batch's records in the windows. */
export interface StateCounts {
  /** Records that had been counted before: a batch that came again. */
  readonly repeated: number
  readonly lateDropped: number
  readonly lateAmended: number
  /** Events that came again after the state that they had seen was forgotten: they were shown the state of now. */
  readonly stateGone: number
  /** Twins of this batch, or other writers of the partition, that were met. */
  readonly conflicts: number
}

/** The windows of a definition, kept in a state store that several functions write. */
export interface WindowState {
  /** Counts labels, or records of any other source that is not scored, by partition. */
  count(batch: ReadonlyMap<string, readonly OffsetOp[]>): Promise<StateCounts>
  /** Shows each event its windows and counts it, by partition. Resolves when all is stored: only then may anything be sent. */
  visit(batch: ReadonlyMap<string, readonly EventVisit[]>): Promise<StateCounts>
  /** Writes a snapshot if enough has come since the last; true where it did. */
  snapshot(): Promise<boolean>
}

export interface WindowStateOptions {
  readonly plan: WindowPlan
  readonly store: StateStore
  readonly nowMs: () => number
  /** Entries after which a snapshot is due. */
  readonly snapshotEvery?: number
}

const dayMs = 86_400_000
/** Kafka gives a record back for as long as its topic keeps it. */
const redeliveredWithinMs = 7 * dayMs
const triesAtMost = 8
/** At the very first batches all partitions register at once, and only one wins each place. */
const registrationsAtMost = 1_000

/** @see functions/state/README.md for the layout and why it is right */
export function makeWindowState({ plan, store, nowMs, snapshotEvery = 100 }: WindowStateOptions): WindowState {
  const { sources: sourcesLog, snapshots: snapshotsLog, of: logOf } = logNames(plan)
  const expiresAtSec = () => Math.ceil((nowMs() + plan.retainMs + redeliveredWithinMs) / 1_000)

  // A warm function's memory. None of it is trusted: appending fails where it is out of date.
  let fold: Fold | undefined
  let sources: string[] = []
  let snapshot: SnapshotHeader | undefined
  let foldedSince = { entries: 0, ops: 0 }
  const heads = new Map<string, Head>()

  async function open(): Promise<Fold> {
    const opened = await openFold(store, plan)
    snapshot = opened.snapshot
    sources = [...opened.sources]
    foldedSince = { entries: opened.entries, ops: 0 }
    return opened.fold
  }

  async function readNewSources(): Promise<void> {
    sources.push(...(await readSources(store, sourcesLog, sources.length)))
  }

  /** Before a source's first entry, so that no reader can miss it. */
  async function register(source: string): Promise<void> {
    for (let attempt = 0; attempt < registrationsAtMost; attempt++) {
      await readNewSources()
      if (sources.includes(source)) return
      const body = new TextEncoder().encode(source)
      await store.append({ log: sourcesLog, number: sources.length + 1, body, expiresAtSec: 0 })
    }
    throw conflict(source)
  }

  async function readHead(source: string): Promise<Head> {
    const last = await store.readLast(logOf(source))
    if (last) return headAfter(toEntry(last))
    const item = await store.readLast(snapshotsLog)
    return (item && toHeader(item).heads[source]) ?? noHead
  }

  /** Writes a batch's entry; undefined where another writer was there first. */
  async function append(source: string, entry: Entry): Promise<Head | undefined> {
    if (entry.number === 1) await register(source)
    const items = toItems(logOf(source), entry, expiresAtSec())
    for (const item of items) if (!(await store.append(item))) return undefined
    return { ...headAfter(entry), number: entry.number + items.length - 1 }
  }

  async function countSource(source: string, records: readonly OffsetOp[], counts: Counts): Promise<void> {
    for (let attempt = 0; attempt < triesAtMost; attempt++) {
      const head = heads.get(source) ?? (await readHead(source))
      const fresh = records.filter(({ offset }) => offset > head.lastOffset)
      const judge = makeJudge(plan.lateness, head.newestMs)
      const judged = fresh.map(record => {
        const timing = judge.timingOf(record.op.atMs)
        judge.take(record.op.atMs)
        return { record, timing }
      })
      const ops = judged.filter(({ timing }) => isCounted(timing, false)).map(({ record }) => record)
      heads.delete(source) // until the store has answered
      const lastOffset = fresh.at(-1)?.offset ?? head.lastOffset
      const entry = { number: head.number + 1, lastOffset, newestBeforeMs: finite(head.newestMs), cut: null, ops }
      const next = ops.length === 0 ? head : await append(source, entry)
      if (!next) {
        counts.conflicts++
        continue
      }
      heads.set(source, next)
      counts.repeated += records.length - fresh.length
      for (const { timing } of judged) countTiming(counts, timing)
      return
    }
    throw conflict(source)
  }

  /** Shows fresh events the windows and stores what they add; false where another writer was there first. */
  async function visitFresh(now: Fold, source: string, events: readonly EventVisit[], counts: Counts): Promise<boolean> {
    const head = headOf(now, source)
    const cut = cutOf(now)
    const judge = makeJudge(plan.lateness, head.newestMs)
    const kind = plan.sources.findIndex(({ name }) => name === 'events')
    const ops: OffsetOp[] = []
    const timings = events.map(({ offset, op, visit }): Timing => {
      const timing = judge.timingOf(op.atMs)
      const isRepeat = !visit(now.windows, timing !== 'inTime')
      if (isCounted(timing, isRepeat)) {
        now.windows.apply(kind, op)
        judge.take(op.atMs)
        ops.push({ offset, op })
      }
      return isRepeat ? 'inTime' : timing
    })
    const entry = { number: head.number + 1, lastOffset: events.at(-1)!.offset, newestBeforeMs: finite(head.newestMs), cut, ops }
    const next = await append(source, entry)
    if (!next) return false
    now.heads.set(source, next)
    foldedSince.entries++
    foldedSince.ops += ops.length
    for (const timing of timings) countTiming(counts, timing)
    return true
  }

  const revisit = makeRevisit({ plan, store, snapshotsLog, logOf })

  async function tryVisit(batch: ReadonlyMap<string, readonly EventVisit[]>, counts: Counts): Promise<boolean> {
    const now = fold ?? (await open())
    if (fold) {
      await readNewSources()
      foldedSince.entries += await foldNewer(store, now, sources, logOf)
    }
    fold = undefined // until all is stored: an error in between must not leave what only this batch has seen
    for (const [source, events] of batch) {
      const { lastOffset } = headOf(now, source)
      const known = events.filter(({ offset }) => offset <= lastOffset)
      if (known.length > 0) {
        counts.repeated += known.length
        counts.stateGone += await revisit(now, source, known)
      }
      const fresh = events.slice(known.length)
      if (fresh.length > 0 && !(await visitFresh(now, source, fresh, counts))) return false
    }
    fold = now
    return true
  }

  return {
    async count(batch) {
      const counts = noCounts()
      for (const [source, records] of batch) await countSource(source, records, counts)
      return counts
    },
    async visit(batch) {
      for (let attempt = 0; attempt < triesAtMost; attempt++) {
        const counts = { ...noCounts(), conflicts: attempt }
        if (await tryVisit(batch, counts)) return counts
      }
      throw conflict([...batch.keys()].join(', '))
    },
    async snapshot() {
      if (!fold || foldedSince.entries < snapshotEvery || foldedSince.ops < keyCount(fold.windows)) return false
      const last = await store.readLast(snapshotsLog)
      const isFirst = (last?.number ?? 0) === (snapshot?.number ?? 0)
      const isWritten = isFirst && (await writeSnapshot(store, snapshotsLog, last?.number ?? 0, fold, expiresAtSec()))
      const newest = await store.readLast(snapshotsLog)
      snapshot = newest && toHeader(newest)
      foldedSince = { entries: 0, ops: 0 }
      return isWritten
    },
  }
}

type Counts = { -readonly [Name in keyof StateCounts]: number }

const noCounts = (): Counts => ({ repeated: 0, lateDropped: 0, lateAmended: 0, stateGone: 0, conflicts: 0 })

function countTiming(counts: Counts, timing: Timing): void {
  if (timing === 'dropped') counts.lateDropped++
  if (timing === 'amended') counts.lateAmended++
}

function keyCount(windows: Windows): number {
  return windows.plan.rings.reduce((sum, _, ring) => sum + windows.rings(ring).size, 0)
}

const finite = (value: number) => (Number.isFinite(value) ? value : null)

function conflict(source: string): MillraceError {
  return new MillraceError('STORE_FAILED', `the state of ${source} was written by others ${triesAtMost} times in a row`, {
    retryable: true,
  })
}
