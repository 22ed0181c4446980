import { setTimeout as sleep } from 'node:timers/promises'
import { type Gap, type GroupLag, type OffsetReader, readLag } from '#functions/adapters/kafka-lag.ts'
import { type CountRecords, toRecordLag } from '../record-lag.ts'
import type { StepRead } from './deployment.ts'

/**
 * How a step's lag went while it was watched: `none` there is none; `keeping up`; `growing` it rose by more than half of what arrived;
 * `stalled` nothing was committed though records waited; `not watched` it was looked at once.
 */
export type LagTrend = 'none' | 'keeping up' | 'growing' | 'stalled' | 'not watched'

export interface LagStatus extends StepRead {
  readonly lag: number
  /** Records that arrived in the topic while it was watched. */
  readonly arrived: number
  readonly trend: LagTrend
}

/**
 * The trend between two looks at a group.
 *
 * A step that gathers records for some seconds lags by as many seconds' records now and by none then, so that half of the arrivals is
 * still no news when the watch is twice as long as the longest such window.
 *
 * @example toTrend({ lag: 0, written: 100 }, { lag: 40, written: 200 }) // 'keeping up'
 */
export function toTrend(before: Pick<GroupLag, 'lag' | 'written'>, now: Pick<GroupLag, 'lag' | 'written'>): LagTrend {
  if (now.lag === 0) return 'none'
  const arrived = now.written - before.written
  const risen = now.lag - before.lag
  if (before.lag > 0 && arrived - risen <= 0) return 'stalled'
  return risen > 0 && risen > arrived / 2 && before.lag > 0 ? 'growing' : 'keeping up'
}

/**
 * Looks at the lag of every step twice, `watchMs` apart; once where that is 0.
 *
 * Where a partition's commit stood still, `countRecords` tells how many records wait there: the mark of a transaction is none.
 */
export async function watchLag(
  admin: OffsetReader,
  reads: readonly StepRead[],
  options: { readonly watchMs: number; readonly countRecords: CountRecords },
): Promise<LagStatus[]> {
  const { watchMs, countRecords } = options
  const first = await readLag(admin, reads)
  if (watchMs > 0) await sleep(watchMs)
  const looked = watchMs > 0 ? await readLag(admin, reads) : first
  const last = await Promise.all(looked.map((lag, at) => toRecordLag(lag, gap => stoodStill(gap, first[at]), countRecords)))
  const marks = last.map(({ lag }, at) => Math.min(looked[at].lag - lag, first[at].lag)) // they stood there at the first look too
  return reads.map(({ step, topic, group }, at) => ({
    step,
    topic,
    group,
    lag: last[at].lag,
    arrived: last[at].written - first[at].written,
    trend: watchMs > 0 ? toTrend({ ...first[at], lag: first[at].lag - marks[at] }, last[at]) : last[at].lag === 0 ? 'none' : 'not watched',
  }))
}

function stoodStill({ partition, low }: Gap, before: GroupLag): boolean {
  return before.gaps.some(gap => gap.partition === partition && gap.low === low)
}
