import { setTimeout as sleep } from 'node:timers/promises'

/** Without any progress for this long, what is missing will not come. */
const patienceMs = 60_000
const lookEveryMs = 250

/**
 * Waits until `missing` gives nothing; false where it gave the same for a minute.
 *
 * @example await drain(async () => ({ predictions: 3 }), signal)
 */
export async function drain(missing: () => Promise<Readonly<Record<string, number>>>, signal: AbortSignal): Promise<boolean> {
  let last = ''
  let changedAtMs = performance.now()
  while (!signal.aborted) {
    const left = await missing()
    if (Object.values(left).every(count => count === 0)) return true
    const now = JSON.stringify(left)
    if (now !== last) changedAtMs = performance.now()
    last = now
    if (performance.now() - changedAtMs > patienceMs) return false
    await sleep(lookEveryMs)
  }
  return false
}
