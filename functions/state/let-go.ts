import { keysOf } from '#models/windows/snapshot.ts'
import type { Windows } from '#models/windows/windows.ts'
import type { Fold } from './fold.ts'

/** A key and its place among the held, a ring beside its numbers, a row: what they take, in bytes, as measured on Node 24. */
const keyBytes = 100
const ringBytes = 300
const rowBytes = 200
const sketchBytes = 350

/** Of the memory that windows may take, what is left to them once they were cut back. */
const keptRatio = 0.7
/** Windows grow without new keys too, bucket by bucket. */
const batchesAtMost = 50

/** What windows take in memory, about. */
export function memoryOf({ plan, rings, joined }: Windows): number {
  let bytes = 0
  for (const at of plan.rings.keys()) {
    for (const { cells, sketches } of rings(at).values()) bytes += ringBytes + cells.byteLength + sketches.length * sketchBytes
  }
  for (const at of plan.joins.keys()) for (const key of joined.keys(at)) bytes += keyBytes + rowBytes * joined.rowsOf(at, key).length
  return bytes
}

/** Lets go of the keys that were asked for longest ago, where windows take more than they may. */
export type LetGo = (fold: Fold) => void

/** Windows are looked at as a whole only where they have grown, or after some batches. */
export function makeLetGo(bytesAtMost: number): LetGo {
  let looked = { bytes: 0, keyCount: 0 }
  let batches = batchesAtMost
  return fold => {
    const { windows, held } = fold
    const heldCount = held?.size ?? 0 // among them keys of which nothing came, or nothing is left
    const keyCount = Math.max(windows.keyCount(), heldCount)
    const grownTo = (looked.bytes * (keyCount + 1)) / (looked.keyCount + 1)
    if (batches++ < batchesAtMost && grownTo <= bytesAtMost && keyCount <= 2 * looked.keyCount) return
    batches = 1
    looked = { bytes: memoryOf(windows) + heldCount * keyBytes, keyCount }
    if (looked.bytes > bytesAtMost) cutBack(fold, (bytesAtMost * keptRatio) / looked.bytes)
  }
}

function cutBack(fold: Fold, ratio: number): void {
  fold.held ??= new Map([...keysOf(fold.windows)].map(key => [key, 0]))
  const oldestFirst = [...fold.held].sort(([, a], [, b]) => a - b)
  for (const [key] of oldestFirst.slice(0, oldestFirst.length - Math.floor(oldestFirst.length * ratio))) {
    fold.windows.drop(key)
    fold.held.delete(key)
  }
}
