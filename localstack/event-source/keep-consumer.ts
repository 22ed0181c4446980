import { setTimeout as delay } from 'node:timers/promises'
import { MillraceError } from '#models/errors.ts'
import type { ConsumerEvents, ConsumerPort } from './consumer.ts'

interface KeptConsumerOptions {
  /** Joins the group and reads; resolves when it has joined. */
  start(events: ConsumerEvents): Promise<ConsumerPort>
  readonly events: Pick<ConsumerEvents, 'onAssigned' | 'onRecords'>
  /** Told of each crash, and of each start that fails; another one comes in `waitMs`. */
  onCrash(error: unknown, waitMs: number): void
  /** Told of each start after the first. */
  onRestart(): void
  /** How long to wait after so many crashes in a row; 0.5 s doubling to 30 s if absent. */
  readonly waitMs?: (crashCount: number) => number
}

/** A consumer that ran this long before it crashed is not in a row with the last one. */
const steadyMs = 60_000

const usualWaitMs = (crashCount: number) => Math.min(30_000, 500 * 2 ** (crashCount - 1))

/**
 * A consumer that is started anew whenever it crashes, for whatever reason, until it is disconnected. Nothing of a crashed one is heard
 * any more; while there is none, `pause` and `resume` do nothing, and commits throw.
 *
 * Throws what the first start throws: what is wrong from the beginning is the caller's to hear.
 */
export async function keepConsumer({
  start,
  events,
  onCrash,
  onRestart,
  waitMs = usualWaitMs,
}: KeptConsumerOptions): Promise<ConsumerPort> {
  const ending = new AbortController()
  let consumer: ConsumerPort | undefined
  let restarting: Promise<void> | undefined
  let crashCount = 0
  let startedMs = 0

  async function open(): Promise<void> {
    let isCurrent = true
    startedMs = performance.now()
    const opened = await start({
      onAssigned: (partitions, isNewMember) => isCurrent && events.onAssigned(partitions, isNewMember),
      onRecords: (partition, records) => isCurrent && events.onRecords(partition, records),
      onCrash(error) {
        if (!isCurrent || ending.signal.aborted) return
        isCurrent = false
        const crashed = consumer
        consumer = undefined
        events.onAssigned([], true) // its partitions are somebody else's, perhaps
        restarting = restart(error, crashed)
      },
    })
    if (isCurrent) consumer = opened
    else opened.disconnect().catch(() => {}) // it crashed as it started
  }

  async function restart(error: unknown, crashed: ConsumerPort | undefined): Promise<void> {
    if (performance.now() - startedMs > steadyMs) crashCount = 0
    crashed?.disconnect().catch(() => {}) // it may be gone already
    for (let reason = error; ; ) {
      const pauseMs = waitMs(++crashCount)
      onCrash(reason, pauseMs)
      await delay(pauseMs, undefined, { signal: ending.signal }).catch(() => {})
      if (ending.signal.aborted) return
      onRestart()
      try {
        return await open()
      } catch (failure) {
        reason = failure
      }
    }
  }

  await open()
  return {
    pause: partitions => consumer?.pause(partitions) ?? (() => {}),
    resume: partitions => consumer?.resume(partitions),
    async commitOffsets(commits) {
      if (consumer === undefined) throw new MillraceError('SERVER_FAILED', 'there is no consumer now', { retryable: true })
      await consumer.commitOffsets(commits)
    },
    async disconnect() {
      ending.abort()
      await restarting
      await consumer?.disconnect()
    },
  }
}
