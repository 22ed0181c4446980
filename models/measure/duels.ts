/** The sums of an hour in which two models scored the same rows, by the rows' own time. */
export interface DuelBucket {
  /** The hour's beginning. */
  readonly startMs: number
  /** Predictions that hold both scores. */
  readonly predicted: number
  /** Of those, the ones whose label has come. */
  readonly labelled: number
  /** Sum over the labelled rows of the gain: the first model's log loss minus the second's, in nats. */
  readonly gainSum: number
  readonly gainSquareSum: number
}

/** A row that both models scored; without a target it counts as predicted, with one as labelled. */
export interface DuelRow {
  readonly atMs: number
  readonly scores: readonly [first: number, second: number]
  readonly target?: 0 | 1
}

const hourMs = 3_600_000
/** Buckets that are kept, the latest ones: two weeks and more. */
const bucketsAtMost = 400
/** Scores are clipped to this far from 0 and 1: a gain is then at most 6.9, as a test that bounds its error needs. */
const duelScoreFloor = 0.001

/**
 * How much less the second score loses than the first on a row: log loss in nats, from −6.9 to 6.9; above 0 the second is better.
 *
 * @example gainOf([0.5, 0.9], 1) // 0.587…
 */
export function gainOf([first, second]: DuelRow['scores'], target: 0 | 1): number {
  return clippedLoss(first, target) - clippedLoss(second, target)
}

function clippedLoss(score: number, target: 0 | 1): number {
  const clipped = Math.min(1 - duelScoreFloor, Math.max(duelScoreFloor, score))
  return -Math.log(target === 1 ? clipped : 1 - clipped)
}

/** The buckets with these rows added, oldest first; hours before the latest 400 are let go. */
export function addDuelRows(buckets: readonly DuelBucket[], rows: Iterable<DuelRow>): DuelBucket[] {
  const added: DuelBucket[] = []
  for (const { atMs, scores, target } of rows) {
    const startMs = Math.floor(atMs / hourMs) * hourMs
    if (target === undefined) {
      added.push({ startMs, predicted: 1, labelled: 0, gainSum: 0, gainSquareSum: 0 })
    } else {
      const gain = gainOf(scores, target)
      added.push({ startMs, predicted: 0, labelled: 1, gainSum: gain, gainSquareSum: gain * gain })
    }
  }
  return mergeDuelBuckets([...buckets, ...added])
}

/** Buckets of one hour added up, oldest first; hours before the latest 400 are let go. */
export function mergeDuelBuckets(buckets: Iterable<DuelBucket>): DuelBucket[] {
  const merged = new Map<number, DuelBucket>()
  for (const bucket of buckets) {
    const own = merged.get(bucket.startMs)
    merged.set(bucket.startMs, own ? addUp(own, bucket) : bucket)
  }
  return [...merged.values()].sort((a, b) => a.startMs - b.startMs).slice(-bucketsAtMost)
}

function addUp(a: DuelBucket, b: DuelBucket): DuelBucket {
  return {
    startMs: a.startMs,
    predicted: a.predicted + b.predicted,
    labelled: a.labelled + b.labelled,
    gainSum: a.gainSum + b.gainSum,
    gainSquareSum: a.gainSquareSum + b.gainSquareSum,
  }
}

/** The same duel with first and second model exchanged. */
export function turnDuel(buckets: readonly DuelBucket[]): DuelBucket[] {
  return buckets.map(bucket => ({ ...bucket, gainSum: -bucket.gainSum }))
}
