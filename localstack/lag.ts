import type { Admin } from 'kafkajs'
import { type Gap, type GroupTopic, type OffsetReader, readLag } from '#functions/adapters/kafka-lag.ts'
import { type CountRecords, toRecordLag } from '../cli/record-lag.ts'

/** The consumer groups behind a deployment's mappings; `hot` are those that a replay must not run ahead of. */
export function toGroups(mappings: readonly { readonly groupId: string; readonly topic: string }[]) {
  const groups: GroupTopic[] = mappings.map(({ groupId, topic }) => ({ group: groupId, topic }))
  return { groups, hot: groups.filter(({ group, topic }) => /\.(preprocess|infer|deliver)\./.test(group) && !topic.endsWith('.rejected')) }
}

/** How far the group that is furthest behind is behind, in records. */
export async function readLargestLag(admin: Admin, groups: readonly GroupTopic[]): Promise<number> {
  return Math.max(0, ...(await readLag(admin, groups)).map(({ lag }) => lag))
}

/** A gap that is as it was for so long is looked through. */
const stillMs = 5_000

/**
 * Makes what tells the largest lag in records, also where what is left are marks of transactions: a redrive ends with some, and nobody
 * commits them. Each gap that stands still is looked through once.
 */
export function makeLargestRecordLag(
  admin: OffsetReader,
  countRecords: CountRecords,
  nowMs: () => number = () => performance.now(),
): (groups: readonly GroupTopic[]) => Promise<number> {
  const seen = new Map<string, { readonly low: number; readonly high: number; readonly sinceMs: number; count?: Promise<number> }>()
  return async groups => {
    const lags = await readLag(admin, groups)
    const inRecords = lags.map(lag => {
      const lookOf = (gap: Gap) => seen.get(`${lag.group} ${lag.topic} ${gap.partition}`)
      for (const gap of lag.gaps) {
        const { low, high } = gap
        const look = lookOf(gap)
        if (look?.low === low && look.high === high) continue
        seen.set(`${lag.group} ${lag.topic} ${gap.partition}`, { low, high, sinceMs: nowMs() })
      }
      const isStill = (gap: Gap) => nowMs() - lookOf(gap)!.sinceMs >= stillMs
      const countOnce: CountRecords = async (topic, gap) => {
        const look = lookOf(gap)!
        look.count ??= countRecords(topic, gap)
        return look.count
      }
      return toRecordLag(lag, isStill, countOnce)
    })
    return Math.max(0, ...(await Promise.all(inRecords)).map(({ lag }) => lag))
  }
}
