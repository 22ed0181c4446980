import type { GroupTopic, OffsetReader } from '#functions/adapters/kafka-lag.ts'
import { readCommits } from '#functions/adapters/kafka-lag.ts'
import type { StreamRecord } from './merge.ts'
import { type Clock, type Pace, realClock } from './pace.ts'

/** Tells up to which event time the published labels have been applied by their reader. */
export interface LabelClock {
  /** Every label due up to this event time is in Kafka. */
  published(atMs: number): Promise<void>
  /** Every label due up to here has been applied; Infinity while none is on its way. */
  appliedUpToMs(): Promise<number>
}

/** Where the labels' partitions ended when all labels up to a time had been published. */
interface Mark {
  readonly atMs: number
  readonly ends: ReadonlyMap<number, number>
}

/** A clock by the committed offsets of the group that applies labels. */
export function makeLabelClock(admin: OffsetReader, { group, topic }: GroupTopic): LabelClock {
  const marks: Mark[] = []
  let appliedMs = Number.NEGATIVE_INFINITY
  return {
    async published(atMs) {
      const ends = await admin.fetchTopicOffsets(topic)
      marks.push({ atMs, ends: new Map(ends.map(({ partition, high }) => [partition, Number(high)])) })
    },
    async appliedUpToMs() {
      if (marks.length > 0) {
        const commits = await readCommits(admin, group, topic)
        const isApplied = ({ ends }: Mark) => [...ends].every(([partition, end]) => end === 0 || (commits.get(partition) ?? 0) >= end)
        while (marks.length > 0 && isApplied(marks[0])) appliedMs = marks.shift()!.atMs
      }
      return marks.length === 0 ? Number.POSITIVE_INFINITY : appliedMs
    },
  }
}

/** How far behind the labels that windows count were, when events were published. */
export interface Staleness {
  /** Over all events. */
  readonly meanMs: number
  readonly mostMs: number
}

const pollMs = 25

/**
 * Holds records back until every label due `staleAtMostMs` before the last of them has been applied, then lets the next pace decide.
 *
 * At thousands of times real time, labels that were minutes away would otherwise be hours late in the windows.
 */
export function paceByLabels(
  options: { readonly clock: LabelClock; readonly staleAtMostMs: number; readonly next: Pace; readonly signal: AbortSignal },
  { sleep }: Pick<Clock, 'sleep'> = realClock(options.signal),
): { readonly pace: Pace; readonly staleness: () => Staleness } {
  const { clock, staleAtMostMs, next, signal } = options
  let events = 0
  let sumMs = 0
  let mostMs = 0
  const pace = async (records: readonly StreamRecord[]) => {
    await next(records)
    const untilMs = records[records.length - 1].atMs
    let staleMs = untilMs - (await clock.appliedUpToMs())
    while (staleMs > staleAtMostMs && !signal.aborted) {
      await sleep(pollMs)
      staleMs = untilMs - (await clock.appliedUpToMs())
    }
    const eventCount = records.filter(({ kind }) => kind === 'event').length
    if (eventCount === 0 || signal.aborted) return
    events += eventCount
    sumMs += eventCount * Math.max(0, staleMs)
    mostMs = Math.max(mostMs, staleMs)
  }
  return { pace, staleness: () => ({ meanMs: events === 0 ? 0 : sumMs / events, mostMs }) }
}
