import { MillraceError } from '../errors.ts'
import type { DuelMemory } from '../measure/duels.ts'
import type { LiveGatePolicy } from './live-gate.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** Buckets that one item holds: each is 25 to 40 bytes, so 50 to 70 kB, of the 400 kB that DynamoDB takes. */
const bucketsAtMost = 1_800
/** Buckets beside those that a label's time fills: the one it began in, the one it ended in, and the one that is being predicted. */
const bucketsBeside = 3

/**
 * What is kept of a duel, so that the last label of a row still finds its bucket, and `watch` has a week, or a cycle if that is longer, to look.
 *
 * Buckets are of an hour; where labels take so long that these would be too many, of as many hours as divide a cycle. Coarse buckets decide later: a
 * bet is some buckets long. At most a cycle: where not even that will do, the oldest buckets are let go before their labels came.
 *
 * @example toDuelMemory({ cycleHours: 24 }, 60 * 86_400_000) // { bucketMs: 3_600_000, bucketCount: 1611 }
 */
export function toDuelMemory({ cycleHours }: Pick<LiveGatePolicy, 'cycleHours'>, labelArrivesWithinMs: number): DuelMemory {
  const neededMs = labelArrivesWithinMs + lookWithinMs(cycleHours)
  const countOf = (hours: number) => Math.ceil(neededMs / (hours * hourMs)) + bucketsBeside
  let hours = 1
  while (hours < cycleHours && (cycleHours % hours > 0 || countOf(hours) > bucketsAtMost)) hours++
  return { bucketMs: hours * hourMs, bucketCount: Math.min(bucketsAtMost, countOf(hours)) }
}

/**
 * Refuses a definition whose labels take longer than a duel can be kept for.
 *
 * @throws MillraceError SETTING_INVALID
 */
export function checkDuelMemory({ cycleHours }: Pick<LiveGatePolicy, 'cycleHours'>, labelArrivesWithinMs: number): void {
  const mostMs = (bucketsAtMost - bucketsBeside) * cycleHours * hourMs - lookWithinMs(cycleHours)
  if (labelArrivesWithinMs <= mostMs) return
  throw new MillraceError(
    'SETTING_INVALID',
    `label.arrivesWithinMs must be at most ${mostMs} (${Math.floor(mostMs / dayMs)} days) where promoteWhen.on is live and a cycle has ` +
      `${cycleHours} hours, got ${labelArrivesWithinMs}: a duel is kept for ${bucketsAtMost} cycles; raise promoteWhen.live.cycleHours, or decide ` +
      'on the holdout; change it in models/pipeline.ts',
  )
}

function lookWithinMs(cycleHours: number): number {
  return Math.max(cycleHours * hourMs, 7 * dayMs)
}
