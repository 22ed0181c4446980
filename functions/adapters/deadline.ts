import { setTimeout as sleep } from 'node:timers/promises'

/**
 * What the work gives, or a refusal once the time is up; the work itself goes on, unheard.
 *
 * @example await withDeadline(admin.connect(), 15_000)
 */
export async function withDeadline<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  const stopwatch = new AbortController()
  const late = sleep(deadlineMs, undefined, { signal: stopwatch.signal }).then(() => {
    throw new Error(`no answer within ${Math.round(deadlineMs / 1_000)} s`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    stopwatch.abort()
  }
}
