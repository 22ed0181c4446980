import type { StateItem, StateStore } from '../ports.ts'

/** A state store in memory; for tests, and for runs without a cloud. */
export function memoryState(): StateStore {
  const logs = new Map<string, Map<number, StateItem>>()
  const items = (log: string) => [...(logs.get(log)?.values() ?? [])].sort((a, b) => a.number - b.number)
  return {
    read: async places => places.flatMap(({ log, number }) => logs.get(log)?.get(number) ?? []),
    readAfter: async (log, number) => items(log).filter(item => item.number > number),
    readLast: async log => items(log).at(-1),
    append: async item => {
      const log = logs.get(item.log) ?? new Map<number, StateItem>()
      logs.set(item.log, log)
      if (log.has(item.number)) return false
      log.set(item.number, { ...item, body: Uint8Array.from(item.body) })
      return true
    },
    expire: async (places, expiresAtSec) => {
      for (const { log, number } of places) {
        const item = logs.get(log)?.get(number)
        if (item) logs.get(log)!.set(number, { ...item, expiresAtSec })
      }
    },
  }
}
