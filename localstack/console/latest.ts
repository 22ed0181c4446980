import { type BinaryQuality, measureBinary } from '#models/task/yes-no/quality.ts'

/** Scored events with their truth, in the order in which the labels came. */
export interface JudgedEvents {
  readonly atMs: number[]
  readonly scores: number[]
  readonly targets: number[]
}

/**
 * The quality of the last `count` scored events by their own time, whichever model scored them; null where there are none.
 *
 * @example measureLatest(judged, 50_000, 0.5)?.auc // 0.741
 */
export function measureLatest({ atMs, scores, targets }: JudgedEvents, count: number, positiveAtLeast: number): BinaryQuality | null {
  const order = Uint32Array.from(atMs, (_, at) => at).sort((a, b) => atMs[a] - atMs[b])
  const latest = order.subarray(Math.max(0, order.length - count))
  if (latest.length === 0) return null
  const pick = (values: readonly number[]) => Float64Array.from(latest, at => values[at])
  return measureBinary(pick(scores), pick(targets), positiveAtLeast)
}
