import { ringWidths } from '#models/windows/layout.ts'
import type { WindowPlan } from '#models/windows/window-plan.ts'
import type { StateStore } from '../ports.ts'
import { type Cut, fromBody, toBody } from './entry.ts'
import type { StateReader } from './hold.ts'
import { indexPlace } from './items.ts'
import { type Base, emptyBase, type Ref, type Root, type Slice, type SliceIndex, toIndex, toRoot } from './slices.ts'

/** Longer than a function runs: a claim of then belongs to one that died. */
const writingAtMostMs = 120_000

/** The log of those who began to write a snapshot. */
export function claimsLog(log: string, number: number): string {
  return `${log}/${number}`
}

/** What the pages and indexes of one who began are named by. */
export function toAttempt(number: number, claim: number): string {
  return `${number}.${claim}`
}

/** Says that one begins to write the snapshot of this number, and under which name; undefined where another one is at it. */
export async function claimSnapshot(store: StateStore, log: string, number: number, nowMs: number): Promise<string | undefined> {
  const claims = claimsLog(log, number)
  const last = await store.readLast(claims)
  if (last && Math.abs(nowMs - fromBody<number>(last.body)) < writingAtMostMs) return undefined
  const claim = (last?.number ?? 0) + 1
  const isMine = await store.append({ log: claims, number: claim, body: toBody(nowMs), expiresAtSec: 0 })
  return isMine ? toAttempt(number, claim) : undefined
}

/** The newest snapshot; undefined before the first. */
export async function readRoot({ store, snapshots }: StateReader): Promise<Root | undefined> {
  const item = await store.readLast(snapshots)
  return item && toRoot(item)
}

/** The slices of a snapshot, of which `known` need not be read again; undefined where an index is gone, or where it was made for rings of other widths. */
export async function readBase(reader: StateReader, plan: WindowPlan, root: Root, known: Base = emptyBase): Promise<Base | undefined> {
  if (root.ringWidths !== ringWidths(plan)) return undefined
  const indexes = new Map(known.slices.flatMap(({ ref, index }) => (ref ? [[nameOf(ref), index]] : [])))
  const missing = root.slices.filter(ref => !indexes.has(nameOf(ref)))
  for (const [ref, index] of await readIndexes(reader, missing)) indexes.set(nameOf(ref), index)
  const slices = root.slices.flatMap(({ fromHash, attempt, at }): Slice[] => {
    const ref = { attempt, at }
    const index = indexes.get(nameOf(ref))
    return index ? [{ fromHash, ref, index }] : []
  })
  return slices.length === root.slices.length ? { number: root.number, slices } : undefined
}

const nameOf = ({ attempt, at }: Ref) => `${attempt}/${at}`

/** The indexes at these places that are there. */
export async function readIndexes<Of extends Ref>({ store, snapshots }: StateReader, refs: readonly Of[]): Promise<Map<Of, SliceIndex>> {
  if (refs.length === 0) return new Map()
  const items = await store.read(refs.map(ref => indexPlace(snapshots, ref)))
  const bodies = new Map(items.map(({ log, body }) => [log, body]))
  return new Map(
    refs.flatMap(ref => {
      const body = bodies.get(indexPlace(snapshots, ref).log)
      return body ? [[ref, toIndex(body)] as const] : []
    }),
  )
}

/** Whether what has been counted so far lies within a cut. */
export function isWithin({ heads }: Pick<SliceIndex, 'heads'>, cut: Cut): boolean {
  return Object.entries(heads).every(([source, { number }]) => number <= (cut[source] ?? 0))
}

/** The snapshot as it was at a cut, as far as some hashes need it; undefined where it is gone. Of a slice that is not needed nothing is known. */
export async function readBaseWithin(
  reader: StateReader,
  plan: WindowPlan,
  { cut, isNeeded }: { readonly cut: Cut; readonly isNeeded: (fromHash: number, endHash: number) => boolean },
): Promise<Base | undefined> {
  const root = await readRoot(reader)
  if (!root) return emptyBase
  let base = await readBase(reader, plan, root)
  while (base) {
    const { slices, number }: Base = base
    const isLater = slices.map(({ fromHash, index }, at) => {
      return isNeeded(fromHash, slices[at + 1]?.fromHash ?? Number.POSITIVE_INFINITY) && !isWithin(index, cut)
    })
    if (!isLater.includes(true)) break
    const earlier = await readIndexes(
      reader,
      slices.flatMap(({ index: { previous } }, at) => (isLater[at] && previous ? [previous] : [])),
    )
    const stepped = slices.map((slice, at): Slice | undefined => {
      if (!isLater[at]) return slice
      const { previous } = slice.index
      if (!previous) return { ...slice, ref: undefined, index: emptyBase.slices[0].index }
      const index = earlier.get(previous)
      return index && { ...slice, ref: previous, index }
    })
    base = stepped.includes(undefined) ? undefined : { number, slices: stepped as Slice[] }
  }
  return base
}
