import { makeHeap } from '#models/heap.ts'

/** When a row's label is released: after so many further rows, after so much event time, or when the label says that it was known. */
export type LabelDelay = { readonly rows: number } | { readonly ms: number } | 'label time'

/** Rows whose label is not known yet. */
export interface LabelQueue {
  /** Row `row`, of event time `atMs`, is predicted; its label says that it was known at `labelAtMs`. */
  add(row: number, atMs: number, labelAtMs: number): void
  /** Gives the next row whose label is known before row `row`, of event time `atMs`, is predicted; undefined where there is none. */
  release(row: number, atMs: number): number | undefined
  /** The rows that were never released, as at the end of the file. */
  readonly size: number
}

/**
 * Holds labels back as the world does.
 *
 * With `{ rows: 0 }` a label is known before the next row; with `{ rows: n }`, after n further rows. By time, a label is known to an
 * event of the same millisecond or later; one of before its own event is known just after it.
 */
export function makeLabelQueue(delay: LabelDelay): LabelQueue {
  const waiting = makeHeap<{ readonly row: number; readonly dueAt: number }>(
    (a, b) => a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.row < b.row),
  )
  const countsRows = typeof delay === 'object' && 'rows' in delay
  const dueAtOf = (row: number, atMs: number, labelAtMs: number) => {
    if (delay === 'label time') return Math.max(atMs, labelAtMs)
    return 'rows' in delay ? row + 1 + delay.rows : atMs + delay.ms
  }
  let size = 0
  return {
    add(row, atMs, labelAtMs) {
      size++
      waiting.push({ row, dueAt: dueAtOf(row, atMs, labelAtMs) })
    },
    release(row, atMs) {
      const next = waiting.peek()
      if (next === undefined || next.dueAt > (countsRows ? row : atMs)) return undefined
      waiting.pop()
      size--
      return next.row
    },
    get size() {
      return size
    },
  }
}
