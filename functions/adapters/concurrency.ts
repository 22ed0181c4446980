import { setTimeout as sleep } from 'node:timers/promises'

/** Runs `run` over the items, at most `limit` at a time; throws what the first failing one threw, after no further one is started. */
export async function mapConcurrently<T>(items: readonly T[], limit: number, run: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < items.length) await run(items[next++])
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
}

/** Waits before the given try, twice as long each time from 25 ms on, with full jitter. */
export function pauseBeforeRetry(attempt: number): Promise<void> {
  return sleep(Math.random() * 25 * 2 ** attempt)
}

/** The items in pieces of at most `size`, in their order. */
export function cut<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
}
