import type { WindowPlan } from '#models/windows/window-plan.ts'
import type { StateItem, StateStore } from '../ports.ts'
import { dropChanges, type Fold } from './fold.ts'
import { addFolded, type Folded, nothingFolded } from './logs.ts'
import { retire } from './retire.ts'
import { claimSnapshot, type SnapshotHeader, toHeader, writeSnapshot } from './snapshots.ts'
import { logNames, type OpenedFold } from './stored.ts'

/** Decides when a function's fold becomes a snapshot, and writes it. */
export interface SnapshotWriter {
  /** The state was read anew. */
  begin(opened: OpenedFold): void
  /** This much more was folded. */
  add(folded: Folded): void
  /** Whether there is a snapshot that cannot be used. */
  isLost(): boolean
  /** Writes a snapshot if it is due; true where it did. */
  write(fold: Fold): Promise<boolean>
}

const dayMs = 86_400_000
/** Kafka gives a record back for as long as its topic keeps it. */
const redeliveredWithinMs = 7 * dayMs
/** A snapshot waits until what came since is this part of it, so that a large one of many keys is not written for a few records … */
const newBytesRatio = 1 / 4
/** … but no longer than for this many times the entries: a cold start has to read them, and each has to be given its end. */
const entriesAtMostRatio = 20

/** @see functions/state/README.md for what a snapshot costs, and what ends when */
export function makeSnapshotWriter(options: {
  readonly plan: WindowPlan
  readonly store: StateStore
  readonly nowMs: () => number
  readonly snapshotEvery: number
}): SnapshotWriter {
  const { plan, store, nowMs, snapshotEvery } = options
  const logs = logNames(plan)
  let newestNumber = 0
  let base: SnapshotHeader | undefined
  let since = nothingFolded

  function isDue(): boolean {
    if (since.entries < snapshotEvery) return false
    return since.bytes >= (base?.windows.bytes ?? 0) * newBytesRatio || since.entries >= snapshotEvery * entriesAtMostRatio
  }

  /** Takes the newest snapshot as what the next one builds on. */
  function adopt(fold: Fold, item: StateItem | undefined): void {
    base = item && toHeader(item)
    newestNumber = base?.number ?? 0
    since = nothingFolded
    if (base) dropChanges(fold, base.heads)
  }

  return {
    begin(opened) {
      newestNumber = opened.newestSnapshot
      base = opened.base
      since = opened.folded
    },
    add(folded) {
      since = addFolded(since, folded)
    },
    isLost: () => newestNumber > 0 && !base,
    async write(fold) {
      if (!isDue()) return false
      const last = await store.readLast(logs.snapshots)
      if ((last?.number ?? 0) !== newestNumber) {
        adopt(fold, last)
        return false
      }
      const number = newestNumber + 1
      const attempt = await claimSnapshot(store, logs.snapshots, number, nowMs())
      if (attempt === undefined) {
        since = nothingFolded // another function is at it
        return false
      }
      if (base) await retire(store, logs, base, Math.ceil((nowMs() + plan.retainMs + redeliveredWithinMs) / 1_000))
      const isWritten = await writeSnapshot(store, logs.snapshots, { number, attempt, fold, base })
      adopt(fold, await store.readLast(logs.snapshots))
      return isWritten
    },
  }
}
