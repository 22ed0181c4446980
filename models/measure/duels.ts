/** The sums of an hour in which two models scored the same rows, by the rows' own time. */
export interface DuelBucket {
  /** The hour's beginning. */
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

const hourMs = 3_600_000

/** The buckets with these rows added, oldest first. Who keeps them decides how far back they go. */
export function addDuelRows(buckets: readonly DuelBucket[], rows: Iterable<DuelRow>): DuelBucket[] {
  const added: DuelBucket[] = []
  for (const { atMs, losses } of rows) {
    const startMs = Math.floor(atMs / hourMs) * hourMs
    if (losses) added.push({ startMs, predicted: 0, labelled: 1, gainSum: losses[0] - losses[1] })
    else added.push({ startMs, predicted: 1, labelled: 0, gainSum: 0 })
  }
  return mergeDuelBuckets([...buckets, ...added])
}

/** Buckets of one hour added up, oldest first. */
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
