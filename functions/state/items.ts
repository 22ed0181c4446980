import { MillraceError } from '#models/errors.ts'
import type { StateItem, StateStore } from '../ports.ts'
import { itemBytesAtMost } from './entry.ts'
import type { PageRef, Ref, Slice } from './slices.ts'

export type Place = Pick<StateItem, 'log' | 'number'>

/** Pages read at a time: some hundred kilobytes for each hundred, and ten calls side by side. */
const pagesAtOnce = 800

/**
 * The logs of what one writer of a snapshot wrote. Each page and each index is a log of its own, so that they lie all over the table: one key
 * of DynamoDB takes 1 MB a second and gives 12.
 */
export const attemptLogs = {
  page: (snapshots: string, { attempt, at }: Ref) => `${snapshots}/${attempt}/page/${at}`,
  index: (snapshots: string, { attempt, at }: Ref) => `${snapshots}/${attempt}/index/${at}`,
}

export function placesOf(snapshots: string, page: PageRef): Place[] {
  const log = attemptLogs.page(snapshots, page)
  return Array.from({ length: page.itemCount }, (_, number) => ({ log, number }))
}

export function indexPlace(snapshots: string, ref: Ref): Place {
  return { log: attemptLogs.index(snapshots, ref), number: 0 }
}

/** The items that hold a page's bytes: one, but where a single key takes more. They have no end yet. */
export function toPageItems(log: string, bytes: Uint8Array): StateItem[] {
  const count = Math.max(1, Math.ceil(bytes.length / itemBytesAtMost))
  return Array.from({ length: count }, (_, number) => {
    return { log, number, body: bytes.subarray(number * itemBytesAtMost, (number + 1) * itemBytesAtMost), expiresAtSec: 0 }
  })
}

/** Reads pages, some at a time, and shows the bytes of each that is there; false where one is gone. */
export async function readPages<Page extends PageRef>(
  store: StateStore,
  snapshots: string,
  pages: readonly Page[],
  see: (page: Page, bytes: Uint8Array) => void,
): Promise<boolean> {
  let isWhole = true
  const show = (page: Page, bytes: Uint8Array) => {
    try {
      see(page, bytes)
    } catch (cause) {
      const place = attemptLogs.page(snapshots, page)
      const message = `${place} of the windows' state: ${(cause as Error).message}; restore the table to a time before, or raise the definition's revision`
      throw new MillraceError('STORE_FAILED', message, { cause })
    }
  }
  for (let from = 0; from < pages.length; from += pagesAtOnce) {
    const some = pages.slice(from, from + pagesAtOnce)
    const items = await store.read(some.flatMap(page => placesOf(snapshots, page)))
    const byLog = Map.groupBy(items, ({ log }) => log)
    for (const page of some) {
      const parts = (byLog.get(attemptLogs.page(snapshots, page)) ?? []).toSorted((a, b) => a.number - b.number)
      if (parts.length < page.itemCount) isWhole = false
      else show(page, parts.length === 1 ? parts[0].body : Buffer.concat(parts.map(({ body }) => body)))
    }
  }
  return isWhole
}

/** All items of a slice: those of its pages and its index. */
export function itemsOfSlice(snapshots: string, { ref, index }: Pick<Slice, 'ref' | 'index'>): Place[] {
  return [...index.pages.flatMap(page => placesOf(snapshots, page)), ...(ref ? [indexPlace(snapshots, ref)] : [])]
}
