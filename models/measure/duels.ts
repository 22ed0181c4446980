/** The sums of an hour, or of some hours, in which two models scored the same rows, by the rows' own time. */
export interface DuelBucket {
  /** Its beginning: a multiple of its length. */
  readonly startMs: number
  /** Predictions that hold both scores. */
  readonly predicted: number
  /** Of those, the ones whose label has come. */
  readonly labelled: number
  /** Sum over the labelled rows of the gain: the first model's loss minus the second's. */
  readonly gainSum: number
}

/** A row that both models scored: without losses it counts as predicted, with them as labelled. */
export interface DuelRow {
  readonly atMs: number
  /** Bounded ones, since one row must not outweigh an hour. */
  readonly losses?: readonly [first: number, second: number]
}

/** What is kept of a duel: the latest buckets. */
export interface DuelMemory {
  readonly bucketMs: number
  readonly bucketCount: number
}

/**
 * The buckets with these rows added, oldest first; those before the latest `bucketCount` are let go.
 *
 * Buckets that were begun with a shorter length are added up to this one.
 */
export function addDuelRows(buckets: readonly DuelBucket[], rows: Iterable<DuelRow>, { bucketMs, bucketCount }: DuelMemory): DuelBucket[] {
  const startOf = (atMs: number) => Math.floor(atMs / bucketMs) * bucketMs
  const added = buckets.map(bucket => ({ ...bucket, startMs: startOf(bucket.startMs) }))
  for (const { atMs, losses } of rows) {
    const startMs = startOf(atMs)
    if (losses) added.push({ startMs, predicted: 0, labelled: 1, gainSum: losses[0] - losses[1] })
    else added.push({ startMs, predicted: 1, labelled: 0, gainSum: 0 })
  }
  return mergeDuelBuckets(added).slice(-bucketCount)
}

/** Buckets of one beginning added up, oldest first. */
export function mergeDuelBuckets(buckets: Iterable<DuelBucket>): DuelBucket[] {
  const merged = new Map<number, DuelBucket>()
  for (const bucket of buckets) {
    const own = merged.get(bucket.startMs)
    merged.set(bucket.startMs, own ? addUp(own, bucket) : bucket)
  }
  return [...merged.values()].sort((a, b) => a.startMs - b.startMs)
}

function addUp(a: DuelBucket, b: DuelBucket): DuelBucket {
  return {
    startMs: a.startMs,
    predicted: a.predicted + b.predicted,
    labelled: a.labelled + b.labelled,
    gainSum: a.gainSum + b.gainSum,
  }
}

/** The same duel with first and second model exchanged. */
export function turnDuel(buckets: readonly DuelBucket[]): DuelBucket[] {
  return buckets.map(bucket => ({ ...bucket, gainSum: -bucket.gainSum }))
}

/** A bucket as it is stored: `[hour of its beginning, predicted, labelled, gain in millionths]`. */
export type StoredBucket = readonly [startHour: number, predicted: number, labelled: number, gainMicros: number]

const hourMs = 3_600_000
const perGain = 1e6

/** The buckets in a third of their bytes. A gain is rounded to a millionth, as often as it is stored. */
export function toStoredBuckets(buckets: readonly DuelBucket[]): StoredBucket[] {
  return buckets.map(({ startMs, predicted, labelled, gainSum }) => [startMs / hourMs, predicted, labelled, Math.round(gainSum * perGain)])
}

export function parseStoredBuckets(stored: readonly StoredBucket[]): DuelBucket[] {
  return stored.map(([startHour, predicted, labelled, gainMicros]) => {
    return { startMs: startHour * hourMs, predicted, labelled, gainSum: gainMicros / perGain }
  })
}
