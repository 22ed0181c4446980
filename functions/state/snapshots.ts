import { ringWidths } from '#models/windows/layout.ts'
import { restoreKey, storeWindows } from '#models/windows/snapshot.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import type { StateItem, StateStore } from '../ports.ts'
import { type Cut, fromBody, toBody } from './entry.ts'
import { emptyFold, type Fold, type Head } from './fold.ts'
import { type Run, readRun, writeRun } from './pages.ts'
import { writeTables } from './tables.ts'

/** The first words of a snapshot: where its pages are, and what has been folded into it. */
export interface SnapshotHeader {
  readonly number: number
  /** The rings, and the rows of joins that are no table. */
  readonly windows: Run
  /** The rows of tables, oldest first: what a later run has of a key stands in place of what an earlier one has. */
  readonly tables: readonly Run[]
  readonly ringWidths: string
  readonly heads: Readonly<Record<string, Head>>
  /** The newest event time of each source of the plan; null before the first. */
  readonly newestMs: readonly (number | null)[]
}

/** Longer than a function runs: a claim of then belongs to one that died. */
const writingAtMostMs = 120_000

/** The log of those who began to write a snapshot. */
export function claimsLog(log: string, number: number): string {
  return `${log}/${number}`
}

/** The name of the pages of one who began. */
export function attemptOf(log: string, number: number, claim: number): string {
  return `${log}/${number}.${claim}`
}

/** Says that one begins to write the snapshot of this number, and under which name; undefined where another one is at it. */
export async function claimSnapshot(store: StateStore, log: string, number: number, nowMs: number): Promise<string | undefined> {
  const claims = claimsLog(log, number)
  const last = await store.readLast(claims)
  if (last && Math.abs(nowMs - fromBody<number>(last.body)) < writingAtMostMs) return undefined
  const claim = (last?.number ?? 0) + 1
  const isMine = await store.append({ log: claims, number: claim, body: toBody(nowMs), expiresAtSec: 0 })
  return isMine ? attemptOf(log, number, claim) : undefined
}

/**
 * Writes what a fold holds: pages first, then the header that makes them count; false where another one was quicker.
 *
 * Nothing of it has an end: that comes when a later snapshot holds it too (`retire.ts`).
 */
export async function writeSnapshot(
  store: StateStore,
  log: string,
  { number, attempt, fold, base }: { number: number; attempt: string; fold: Fold; base: SnapshotHeader | undefined },
): Promise<boolean> {
  const { windows, heads } = fold
  const header: Omit<SnapshotHeader, 'number'> = {
    windows: await writeRun(store, `${attempt}/windows`, storeWindows(windows)),
    tables: await writeTables(store, `${attempt}/tables`, fold, base),
    ringWidths: ringWidths(windows.plan),
    heads: Object.fromEntries(heads),
    newestMs: windows.plan.sources.map((_, source) => finite(windows.newestMs(source))),
  }
  return store.append({ log, number, body: toBody(header), expiresAtSec: 0 })
}

const finite = (value: number) => (Number.isFinite(value) ? value : null)

export function toHeader({ number, body }: StateItem): SnapshotHeader {
  const { heads, ...header } = fromBody<Omit<SnapshotHeader, 'number'>>(body)
  const whole = Object.entries(heads).map(([source, head]) => [source, { ...head, newestMs: head.newestMs ?? Number.NEGATIVE_INFINITY }])
  return { ...header, heads: Object.fromEntries(whole), number }
}

/** The fold of a snapshot; undefined where a page is gone, or where it was made for rings of other widths and would be misread. */
export async function readSnapshot(store: StateStore, plan: WindowPlan, header: SnapshotHeader): Promise<Fold | undefined> {
  if (header.ringWidths !== ringWidths(plan)) return undefined
  const fold = emptyFold(plan)
  for (const run of [header.windows, ...header.tables]) {
    if (!(await readRun(store, run, key => restoreKey(fold.windows, key)))) return undefined
  }
  for (const [source, head] of Object.entries(header.heads)) fold.heads.set(source, head)
  header.newestMs.forEach((newestMs, source) => {
    if (newestMs !== null) fold.windows.advance(source, newestMs)
  })
  return fold
}

/** Whether a snapshot holds nothing that this cut does not. */
export function isWithin({ heads }: SnapshotHeader, cut: Cut): boolean {
  return Object.entries(heads).every(([source, { number }]) => number <= (cut[source] ?? 0))
}
