import { memoryState } from '#functions/adapters/memory-state.ts'
import type { StateItem, StateStore } from '#functions/ports.ts'

/** A state in memory that forgets what has ended, as DynamoDB does. */
export function expiringState(nowMs: () => number): StateStore & { readonly items: () => Promise<readonly StateItem[]> } {
  const store = memoryState()
  const logs = new Set<string>()
  const isThere = ({ expiresAtSec }: StateItem) => expiresAtSec === 0 || expiresAtSec * 1_000 > nowMs()
  const readAfter = async (log: string, number: number) => (await store.readAfter(log, number)).filter(isThere)
  const append: StateStore['append'] = item => {
    logs.add(item.log)
    return store.append(item)
  }
  return {
    read: async places => (await store.read(places)).filter(isThere),
    readAfter,
    readLast: async log => (await readAfter(log, -1)).at(-1),
    append,
    put: async items => void (await Promise.all(items.map(append))),
    expire: store.expire,
    items: async () => (await Promise.all([...logs].map(log => readAfter(log, -1)))).flat(),
  }
}
