import { setTimeout as sleep } from 'node:timers/promises'
import type { SendRecords } from '#functions/ports.ts'

/** The clock and the wait of a pace, given by tests. */
export interface PaceClock {
  nowMs(): number
  sleep(ms: number): Promise<void>
}

const realClock: PaceClock = { nowMs: () => performance.now(), sleep: ms => sleep(ms).then(() => {}) }

/**
 * A sender of at most so many records a second, in pieces of a tenth of a second; as fast as it goes where the rate is undefined.
 *
 * @example const send = paceByRate(kafkaSender(connect), 500)
 */
export function paceByRate(send: SendRecords, recordsPerSecond: number | undefined, clock = realClock): SendRecords {
  if (recordsPerSecond === undefined) return send
  const piece = Math.ceil(recordsPerSecond / 10)
  let startMs: number | undefined
  let sentCount = 0
  return async records => {
    startMs ??= clock.nowMs()
    for (let from = 0; from < records.length; from += piece) {
      const waitMs = startMs + (sentCount / recordsPerSecond) * 1_000 - clock.nowMs()
      if (waitMs > 0) await clock.sleep(waitMs)
      const part = records.slice(from, from + piece)
      await send(part)
      sentCount += part.length
    }
  }
}
