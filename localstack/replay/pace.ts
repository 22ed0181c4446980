import { setTimeout as sleepMs } from 'node:timers/promises'
import type { StreamRecord } from './merge.ts'

/** Waits until the records may be sent; ends early when the replay is stopped. */
export type Pace = (records: readonly StreamRecord[]) => Promise<void>

/** The clock and the wait of a pace, given by tests. */
export interface Clock {
  now(): number
  sleep(ms: number): Promise<void>
}

/** The machine's clock; a stopped replay no longer waits. */
export function realClock(signal: AbortSignal): Clock {
  return {
    now: () => performance.now(),
    sleep: ms => sleepMs(ms, undefined, { signal }).catch(() => {}),
  }
}

const pollMs = 100

/**
 * As fast as the consumers take it: at most `maxLag` records ahead of the one that is furthest behind.
 *
 * Each look at the lag gives room for the difference; nothing is asked again until that is used up. It overshoots by one chunk at most.
 */
export function paceByLag(
  { lag, maxLag, signal }: { readonly lag: () => Promise<number>; readonly maxLag: number; readonly signal: AbortSignal },
  clock = realClock(signal),
): Pace {
  let room = 0
  return async records => {
    while (room <= 0 && !signal.aborted) {
      room = maxLag - (await lag())
      if (room <= 0) await clock.sleep(pollMs)
    }
    room -= records.length
  }
}

/** `speed` × real time: an event minute takes 60 / speed seconds, whatever the consumers make of it. */
export function paceBySpeed(speed: number, clock: Clock): Pace {
  let start: { readonly atMs: number; readonly clockMs: number } | undefined
  return async ([{ atMs }]) => {
    start ??= { atMs, clockMs: clock.now() }
    const waitMs = start.clockMs + (atMs - start.atMs) / speed - clock.now()
    if (waitMs > 0) await clock.sleep(waitMs)
  }
}
