import { setTimeout as sleep } from 'node:timers/promises'
import { type GroupTopic, type OffsetReader, readCommits } from '#functions/adapters/kafka-lag.ts'

/** A partition that a group has not finished and that stands still for this long has stalled. */
export const stallMs = 60_000
const lookEveryMs = 1_000

/** How far a group is with a partition, at a look. */
export interface Progress {
  readonly group: string
  /** Topic and partition. */
  readonly partition: string
  readonly committed: number
  readonly end: number
}

/** A partition that stood still. */
export interface Stall {
  readonly group: string
  /** Of the record at which it did, as `placeOf` has it. */
  readonly place: string
}

export interface StallDetector {
  /** Takes in what a look has shown. */
  note(nowMs: number, partitions: readonly Progress[]): void
  /** Every stall so far: a partition of a group once for each time that it stood still. */
  stalls(): readonly Stall[]
  /** Whether a partition stands still now. */
  isStalled(): boolean
}

/** Finds partitions with lag whose committed offset has not moved for `stallMs`. */
export function makeStallDetector(): StallDetector {
  const waiting = new Map<string, { readonly committed: number; readonly sinceMs: number; readonly isStalled: boolean }>()
  const stalls: Stall[] = []
  return {
    note(nowMs, partitions) {
      for (const { group, partition, committed, end } of partitions) {
        const name = `${group} at ${partition}`
        const before = waiting.get(name)
        if (committed >= end) waiting.delete(name)
        else if (before?.committed !== committed) waiting.set(name, { committed, sinceMs: nowMs, isStalled: false })
        else if (!before.isStalled && nowMs - before.sinceMs >= stallMs) {
          waiting.set(name, { ...before, isStalled: true })
          stalls.push({ group, place: `${partition}-${committed}` })
        }
      }
    },
    stalls: () => stalls,
    isStalled: () => [...waiting.values()].some(({ isStalled }) => isStalled),
  }
}

/** Looks at the groups every second until it is stopped; a look that fails is left out. */
export function watchStalls(admin: OffsetReader, groups: readonly GroupTopic[]): StallDetector & { stop(): Promise<void> } {
  const detector = makeStallDetector()
  const stopping = new AbortController()
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const partitions = await readProgress(admin, groups).catch(() => [])
      detector.note(performance.now(), partitions)
      await sleep(lookEveryMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  })()
  return {
    ...detector,
    async stop() {
      stopping.abort()
      await watching
    },
  }
}

async function readProgress(admin: OffsetReader, groups: readonly GroupTopic[]): Promise<Progress[]> {
  const commits = await Promise.all(groups.map(({ group, topic }) => readCommits(admin, group, topic)))
  const topics = [...new Set(groups.map(({ topic }) => topic))]
  const ends = new Map(await Promise.all(topics.map(async topic => [topic, await admin.fetchTopicOffsets(topic)] as const)))
  return groups.flatMap(({ group, topic }, at) =>
    (ends.get(topic) ?? []).map(({ partition, high }) => ({
      group,
      partition: `${topic}-${partition}`,
      committed: Math.max(0, commits[at].get(partition) ?? 0),
      end: Number(high),
    })),
  )
}
