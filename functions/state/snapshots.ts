import { randomUUID } from 'node:crypto'
import type { StoredRows } from '#models/windows/joined-rows.ts'
import type { WindowPlan } from '#models/windows/plan.ts'
import { restoreKey, type StoredRing, storeWindows } from '#models/windows/snapshot.ts'
import type { StateItem, StateStore } from '../ports.ts'
import { type Cut, fromBody, itemBytesAtMost, toBody } from './entry.ts'
import { emptyFold, type Fold, type Head } from './fold.ts'

/** The first words of a snapshot: where its pages are, and what has been folded into it. */
export interface SnapshotHeader {
  readonly number: number
  readonly pagesLog: string
  readonly pageCount: number
  readonly heads: Readonly<Record<string, Head>>
  /** The newest event time of each source of the plan; null before the first. */
  readonly newestMs: readonly (number | null)[]
}

const readsAtOnce = 100

/** Writes what a fold holds: pages first, then the header that makes them count. Another one may have been quicker: then these pages expire unread. */
export async function writeSnapshot(store: StateStore, log: string, after: number, fold: Fold, expiresAtSec: number): Promise<boolean> {
  const pagesLog = `${log}/${randomUUID()}`
  const pages = cutPages(storeWindows(fold.windows))
  let pageCount = 0
  for (const body of pages) await store.append({ log: pagesLog, number: pageCount++, body, expiresAtSec })
  const header: Omit<SnapshotHeader, 'number'> = {
    pagesLog,
    pageCount,
    heads: Object.fromEntries(fold.heads),
    newestMs: fold.windows.plan.sources.map((_, source) => finite(fold.windows.newestMs(source))),
  }
  return store.append({ log, number: after + 1, body: toBody(header), expiresAtSec })
}

function* cutPages(keys: Iterable<StoredRing | StoredRows>): Generator<Uint8Array> {
  let texts: string[] = []
  let length = 0
  for (const key of keys) {
    const text = JSON.stringify(key)
    const bytes = Buffer.byteLength(text) + 1
    if (length + bytes > itemBytesAtMost && texts.length > 0) {
      yield Buffer.from(`[${texts.join()}]`)
      texts = []
      length = 0
    }
    texts.push(text)
    length += bytes
  }
  if (texts.length > 0) yield Buffer.from(`[${texts.join()}]`)
}

const finite = (value: number) => (Number.isFinite(value) ? value : null)

export function toHeader({ number, body }: StateItem): SnapshotHeader {
  const { heads, ...header } = fromBody<Omit<SnapshotHeader, 'number'>>(body)
  const whole = Object.entries(heads).map(([source, head]) => [source, { ...head, newestMs: head.newestMs ?? Number.NEGATIVE_INFINITY }])
  return { ...header, heads: Object.fromEntries(whole), number }
}

/** The fold of a snapshot; undefined where a page is gone. */
export async function readSnapshot(store: StateStore, plan: WindowPlan, header: SnapshotHeader): Promise<Fold | undefined> {
  const fold = emptyFold(plan)
  const { pagesLog, pageCount } = header
  for (let from = 0; from < pageCount; from += readsAtOnce) {
    const wanted = Math.min(readsAtOnce, pageCount - from)
    const items = await store.read(Array.from({ length: wanted }, (_, at) => ({ log: pagesLog, number: from + at })))
    if (items.length < wanted) return undefined
    for (const { body } of items) for (const key of fromBody<(StoredRing | StoredRows)[]>(body)) restoreKey(fold.windows, key)
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
