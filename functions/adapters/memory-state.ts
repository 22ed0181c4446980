import type { StateItem, StateStore } from '../ports.ts'

interface Log {
  readonly items: Map<number, StateItem>
  /** In order; an item is mostly appended at the end. */
  readonly numbers: number[]
}

/** A state store in memory; for tests, and for runs without a cloud. */
export function memoryState(): StateStore {
  const logs = new Map<string, Log>()
  const store: StateStore = {
    read: async places => places.flatMap(({ log, number }) => logs.get(log)?.items.get(number) ?? []),
    async readAfter(log, number) {
      const { items, numbers } = logs.get(log) ?? makeLog()
      return numbers.slice(numbers.findLastIndex(known => known <= number) + 1).map(known => items.get(known)!)
    },
    async readLast(log) {
      const { items, numbers } = logs.get(log) ?? makeLog()
      return items.get(numbers.at(-1) ?? Number.NaN)
    },
    async append(item) {
      const log = logs.get(item.log) ?? makeLog()
      logs.set(item.log, log)
      if (log.items.has(item.number)) return false
      log.items.set(item.number, { ...item, body: Uint8Array.from(item.body) })
      log.numbers.splice(log.numbers.findLastIndex(known => known < item.number) + 1, 0, item.number)
      return true
    },
    async put(items) {
      for (const item of items) await store.append(item)
    },
    async expire(places, expiresAtSec) {
      for (const { log, number } of places) {
        const items = logs.get(log)?.items
        const item = items?.get(number)
        if (item) items?.set(number, { ...item, expiresAtSec })
      }
    },
  }
  return store
}

function makeLog(): Log {
  return { items: new Map(), numbers: [] }
}
