import type { WindowPlan } from '#models/windows/window-plan.ts'
import { endOf, flushSlices } from './flush.ts'
import type { Fold } from './fold.ts'
import { trimTail } from './fold.ts'
import type { StateReader } from './hold.ts'
import { indexPlace } from './items.ts'
import { retire } from './retire.ts'
import { type Base, pageBytesOf, type Slice, toIndexBody, toRootBody } from './slices.ts'
import { claimSnapshot, readRoot } from './snapshots.ts'

/** Decides when what a function has folded becomes a snapshot, and writes it. */
export interface SnapshotWriter {
  /** Whether another one is known to have written a snapshot since the one that the fold is based on. */
  isBehind(fold: Fold): boolean
  /** Writes a snapshot if one is due; true where it did. */
  write(fold: Fold): Promise<boolean>
}

export interface SnapshotOptions {
  /** Entries after which a snapshot is due, if they have … */
  readonly snapshotEvery: number
  /** … and bytes after which one is due whatever they are. */
  readonly tailBytes: number
  /** What a page holds, before compression, where not all pages are held in memory. */
  readonly pageBytes: number
  /** Pages that are written together, with an index of their own, at most. */
  readonly slicePages: number
  /** Slices of one snapshot at most. */
  readonly slicesAtOnce: number
  /** While pages take no more than this, before compression, a function that begins holds all of them. */
  readonly wholeBytes: number
}

const dayMs = 86_400_000
/** Kafka gives a record back for as long as its topic keeps it. */
const redeliveredWithinMs = 7 * dayMs
/** A snapshot waits until what came since is this part of all pages, so that large ones of many keys are not written for a few records … */
const newBytesRatio = 1 / 4
/** … but no longer than for this many times the entries: a cold start has to read them, and each has to be given its end. */
const entriesAtMostRatio = 20
/** While all pages are read at once, there are about so many. */
const wholePageCount = 128
/** After a look that came to nothing, the next one is this part of the entries later. */
const lookAgainRatio = 1 / 10

/** @see functions/state/README.md for what a snapshot costs, and what ends when */
export function makeSnapshotWriter(
  reader: StateReader,
  options: SnapshotOptions & {
    readonly plan: WindowPlan
    readonly nowMs: () => number
    readonly logOf: (source: string) => string
  },
): SnapshotWriter {
  const { store, snapshots } = reader
  const { plan, nowMs, logOf, snapshotEvery, tailBytes, pageBytes, wholeBytes, slicePages, slicesAtOnce } = options
  let newestKnown = 0
  let lookedAt = 0

  function isDue({ entries, bytes }: Since, allBytes: number): boolean {
    if (bytes >= tailBytes) return true
    if (entries < snapshotEvery) return false
    return bytes >= allBytes * newBytesRatio || entries >= snapshotEvery * entriesAtMostRatio
  }

  /** The slices of which most has come that their pages do not have, and those side by side with them that are due. */
  function pick(fold: Fold): { readonly first: number; readonly slices: readonly Slice[]; readonly entries: number } | undefined {
    const { slices } = fold.base
    const allBytes = pageBytesOf(fold.base)
    const sinceOf = makeSince(fold)
    const since = slices.map(sinceOf)
    const entries = Math.max(...since.map(({ entries }) => entries))
    const first = since.findIndex(own => own.entries === entries)
    if (!isDue(since[first], allBytes)) return undefined
    const end = since.findIndex((own, at) => at > first && (at >= first + slicesAtOnce || !isDue(own, allBytes)))
    return { first, slices: slices.slice(first, end < 0 ? undefined : end), entries }
  }

  async function writeSnapshot(fold: Fold, first: number, picked: readonly Slice[], attempt: string): Promise<Base | undefined> {
    const { slices, number } = fold.base
    const endHash = endOf(slices, first + picked.length - 1)
    const allBytes = pageBytesOf(fold.base)
    const ownPageBytes = allBytes > wholeBytes ? pageBytes : Math.max(pageBytes, wholeBytes / wholePageCount)
    let pageCount = 0
    const nextRef = () => ({ attempt, at: pageCount++ })
    const flushed = await flushSlices(reader, fold, picked, { endHash, pageBytes: ownPageBytes, slicePages, nextRef })
    await store.put(flushed.items)
    const heads = Object.fromEntries(fold.heads)
    const made = flushed.slices.map(({ fromHash, pages, of }, at): Slice => {
      return { fromHash, ref: { attempt, at }, index: { heads, pages, previous: of.ref } }
    })
    await store.put(made.map(({ ref, index }) => ({ ...indexPlace(snapshots, ref!), body: toIndexBody(index), expiresAtSec: 0 })))
    const base = { number: number + 1, slices: [...slices.slice(0, first), ...made, ...slices.slice(first + picked.length)] }
    const refs = base.slices.map(({ fromHash, ref }) => ({ fromHash, ...ref! }))
    const body = toRootBody({ slices: refs, heads }, plan)
    return (await store.append({ log: snapshots, number: base.number, body, expiresAtSec: 0 })) ? base : undefined
  }

  return {
    isBehind: ({ base }) => newestKnown > base.number,
    async write(fold) {
      const due = pick(fold)
      if (!due) {
        lookedAt = 0
        return false
      }
      if (lookedAt > 0 && due.entries < lookedAt + snapshotEvery * lookAgainRatio) return false
      lookedAt = due.entries
      const root = await readRoot(reader)
      newestKnown = root?.number ?? 0
      if (newestKnown !== fold.base.number) return false
      const attempt = await claimSnapshot(store, snapshots, fold.base.number + 1, nowMs())
      if (attempt === undefined) return false // another function is at it
      if (root) await retire(reader, logOf, root, Math.ceil((nowMs() + plan.retainMs + redeliveredWithinMs) / 1_000))
      const base = await writeSnapshot(fold, due.first, due.slices, attempt)
      newestKnown++
      if (!base) return false
      fold.base = base
      trimTail(fold)
      lookedAt = 0
      return true
    },
  }
}

/** What has come since pages were written. */
interface Since {
  readonly entries: number
  /** Of their items, before compression. */
  readonly bytes: number
}

/** Slices that were written together have the same behind them. */
function makeSince({ tail }: Fold): (slice: Slice) => Since {
  const known = new Map<string | undefined, Since>()
  return ({ ref, index }) => {
    const since =
      known.get(ref?.attempt) ??
      tail.reduce(
        (sum, { source, number, bytes }) => {
          return number > (index.heads[source]?.number ?? 0) ? { entries: sum.entries + 1, bytes: sum.bytes + bytes } : sum
        },
        { entries: 0, bytes: 0 },
      )
    known.set(ref?.attempt, since)
    return since
  }
}
