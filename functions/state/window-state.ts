import { MillraceError } from '#models/errors.ts'
import { isTable } from '#models/windows/joined-rows.ts'
import type { OffsetOp } from '#models/windows/op-columns.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import { isCounted, makeJudge, type Timing } from '../features/judge.ts'
import type { StateStore } from '../ports.ts'
import { type Entry, type StoredEntry, toBody, toItems, withoutLargeRows } from './entry.ts'
import { type EventVisit, keysOf } from './event-visit.ts'
import { countHeld, cutOf, type Fold, headOf, kindOf, noteEntry, trimTail } from './fold.ts'
import { type Head, headAfter, noHead } from './head.ts'
import { holdKeys } from './hold.ts'
import { makeLetGo } from './let-go.ts'
import { foldNewer } from './logs.ts'
import { makeRevisit } from './revisit.ts'
import { makeSnapshotWriter, type SnapshotOptions } from './snapshot-writer.ts'
import { readBase, readRoot } from './snapshots.ts'
import { type Registration, readRebuild, readRegistrations, toWholeness, type Wholeness } from './sources.ts'
import { logNames, openFold, readHead } from './stored.ts'

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
  /** Records whose row is too large to be kept for joins: it counts as taken away. */
  readonly rowsTooLarge: number
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

export interface WindowStateOptions extends Partial<SnapshotOptions> {
  readonly plan: WindowPlan
  readonly store: StateStore
  readonly nowMs: () => number
  /** What the windows of keys may take in memory. */
  readonly memoryBytes?: number
  /** Told when the state is first looked at, and when some of it is found gone: since when windows hold all that they reach back to. */
  readonly onOpen?: (wholeness: Wholeness) => void
}

/** @see functions/state/README.md for what was measured with these */
const defaults: SnapshotOptions & { readonly memoryBytes: number } = {
  snapshotEvery: 100,
  tailBytes: 16_000_000,
  pageBytes: 8_192,
  slicePages: 256,
  slicesAtOnce: 8,
  wholeBytes: 16_000_000,
  memoryBytes: 300_000_000,
}

const triesAtMost = 8
/** At the very first batches all partitions register at once, and only one wins each place. */
const registrationsAtMost = 1_000

/** @see functions/state/README.md for the layout and why it is right */
export function makeWindowState({ plan, store, nowMs, onOpen, ...given }: WindowStateOptions): WindowState {
  const options = { ...defaults, ...given }
  const logs = logNames(plan)
  const { sources: sourcesLog, of: logOf } = logs
  const reader = { store, snapshots: logs.snapshots }
  const snapshots = makeSnapshotWriter(reader, { ...options, plan, nowMs, logOf })
  const letGo = makeLetGo(options.memoryBytes)

  // A warm function's memory. None of it is trusted: appending fails where it is out of date.
  let fold: Fold | undefined
  let registrations: Registration[] = []
  let isLost = false
  let isTold = onOpen === undefined
  const heads = new Map<string, Head>()

  async function open(): Promise<Fold> {
    const opened = await openFold(store, plan, options.wholeBytes)
    registrations = [...opened.registrations]
    isLost = opened.isLost
    return opened.fold
  }

  /** The fold of a moment ago, brought up to now. */
  async function refresh(known: Fold): Promise<Fold> {
    const root = snapshots.isBehind(known) ? await readRoot(reader) : undefined // before the logs: what it holds is in them
    await readNewSources()
    const sources = registrations.map(({ source }) => source)
    await foldNewer(store, known, sources, logOf)
    const base = root && (await readBase(reader, plan, root, known.base))
    if (!base) return root ? open() : known
    known.base = base
    trimTail(known)
    return known
  }

  async function tell(): Promise<void> {
    if (isTold) return
    isTold = true
    onOpen?.(isLost ? { kind: 'lost', wholeFromMs: null } : toWholeness(plan, registrations, await readRebuild(store, logs.rebuilds)))
  }

  /** Sees to it that the windows of some keys are there; false where the pages that are known are too old to be there. */
  async function hold(now: Fold, events: readonly EventVisit[]): Promise<boolean> {
    if (!now.held || (await holdKeys(reader, now, keysOf(events)))) return true
    if ((await readRoot(reader))?.number !== now.base.number) return false
    if (!isLost) isTold = onOpen === undefined
    isLost = true // a page is gone for good: the windows of its keys begin with what came since
    return true
  }

  async function readNewSources(): Promise<void> {
    registrations.push(...(await readRegistrations(store, sourcesLog, registrations.length)))
  }

  /** Before a source's first entry, so that no reader can miss it. */
  async function register(source: string, { newestBeforeMs, ops }: Entry): Promise<void> {
    const [first] = ops
    const isTimed = first !== undefined && newestBeforeMs === null && !isTimeless(plan, source)
    const body = toBody({ source, fromMs: isTimed ? first.op.atMs : null, registeredAtMs: nowMs() } satisfies Registration)
    for (let attempt = 0; attempt < registrationsAtMost; attempt++) {
      await readNewSources()
      if (registrations.some(known => known.source === source)) return
      await store.append({ log: sourcesLog, number: registrations.length + 1, body, expiresAtSec: 0 })
    }
    throw conflict(source)
  }

  /** Writes a batch's entry; undefined where another writer was there first. */
  async function append(
    source: string,
    entry: Entry,
  ): Promise<{ readonly head: Head; readonly stored: readonly StoredEntry[] } | undefined> {
    if (entry.number === 1) await register(source, entry)
    const stored = toItems(logOf(source), entry)
    for (const { item } of stored) if (!(await store.append(item))) return undefined
    return { head: { ...headAfter(entry), number: entry.number + stored.length - 1 }, stored }
  }

  async function countSource(source: string, records: readonly OffsetOp[], counts: Counts): Promise<void> {
    for (let attempt = 0; attempt < triesAtMost; attempt++) {
      const head = heads.get(source) ?? (await readHead(store, plan, source)) ?? noHead
      const fresh = records.filter(({ offset }) => offset > head.lastOffset)
      const judge = makeJudge(plan.lateness, head.newestMs)
      const judged = fresh.map(record => {
        const timing = judge.timingOf(record.op.atMs)
        judge.take(record.op.atMs)
        return { record, timing }
      })
      const inTime = judged.filter(({ timing }) => isCounted(timing, false)).map(({ record }) => record)
      const ops = inTime.map(withoutLargeRows)
      heads.delete(source) // until the store has answered
      const lastOffset = fresh.at(-1)?.offset ?? head.lastOffset
      const entry = { number: head.number + 1, lastOffset, newestBeforeMs: finite(head.newestMs), cut: null, ops }
      const next = ops.length === 0 ? { head } : await append(source, entry)
      if (!next) {
        counts.conflicts++
        continue
      }
      heads.set(source, next.head)
      counts.repeated += records.length - fresh.length
      counts.rowsTooLarge += ops.filter((record, at) => record !== inTime[at]).length
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
        countHeld(now, kind, op)
        judge.take(op.atMs)
        ops.push({ offset, op })
      }
      return isRepeat ? 'inTime' : timing
    })
    const entry = { number: head.number + 1, lastOffset: events.at(-1)!.offset, newestBeforeMs: finite(head.newestMs), cut, ops }
    const next = await append(source, entry)
    if (!next) return false
    for (const stored of next.stored) noteEntry(now, source, stored.entry)
    for (const timing of timings) countTiming(counts, timing)
    return true
  }

  const revisit = makeRevisit(reader, { plan, logOf })

  async function tryVisit(batch: ReadonlyMap<string, readonly EventVisit[]>, counts: Counts): Promise<boolean> {
    const now = fold ? await refresh(fold) : await open()
    fold = undefined // until all is stored: an error in between must not leave what only this batch has seen
    const isFresh = ([source, events]: readonly [string, readonly EventVisit[]]) =>
      events.filter(({ offset }) => offset > headOf(now, source).lastOffset)
    if (!(await hold(now, [...batch].flatMap(isFresh)))) return false
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
    letGo(now)
    fold = now
    await tell()
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
    snapshot: async () => (fold ? snapshots.write(fold) : false),
  }
}

type Counts = { -readonly [Name in keyof StateCounts]: number }

/** What became of no records. */
export const noCounts = (): Counts => ({ repeated: 0, lateDropped: 0, lateAmended: 0, stateGone: 0, conflicts: 0, rowsTooLarge: 0 })

function countTiming(counts: Counts, timing: Timing): void {
  if (timing === 'dropped') counts.lateDropped++
  if (timing === 'amended') counts.lateAmended++
}

/** Whether a source has tables only: their rows have no clock. */
function isTimeless(plan: WindowPlan, source: string): boolean {
  const { rings, joins } = plan.sources[kindOf(plan, source)]
  return rings.length === 0 && joins.every(isTable)
}

const finite = (value: number) => (Number.isFinite(value) ? value : null)

function conflict(source: string): MillraceError {
  return new MillraceError('STORE_FAILED', `the state of ${source} was written by others ${triesAtMost} times in a row`, {
    retryable: true,
  })
}
