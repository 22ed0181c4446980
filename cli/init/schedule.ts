/** A span of time as a definition writes it: `6 * hourMs`. */
export interface Duration {
  readonly count: number
  readonly unit: 'row' | 'second' | 'minute' | 'hour' | 'day'
}

export const unitMs: Readonly<Record<Duration['unit'], number>> = {
  row: 1_000,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}

/** Trainer, schedule and gate, fitted to what the file holds. */
export interface Schedule {
  readonly every: Duration
  readonly window: Duration
  readonly labelWait: Duration
  readonly holdoutRowsAtMost: number
  /** Holdout rows without which nothing is promoted. */
  readonly rowsAtLeast: number
  /** The trainer's settings as source; absent where the defaults fit. */
  readonly trainer?: string
}

/** New rows for which a retrain is worth its while. */
const retrainRowsAtLeast = 50
const windowRowsAtMost = 1_000_000

/**
 * Retrains about fifty times over the file, on all of it as long as that is at most a million rows.
 *
 * @example toSchedule(45_312, 940 * 86_400_000).every // { count: 19, unit: 'day' }
 */
export function toSchedule(rowCount: number, spanMs: number): Schedule {
  const gapMs = Math.max(1, spanMs / Math.max(1, rowCount - 1))
  const every = toDuration(Math.max(spanMs / 50, gapMs * retrainRowsAtLeast))
  const window = toDuration(Math.max(Math.min(spanMs, gapMs * windowRowsAtMost), gapMs * 1_000), Math.ceil)
  const trainer = toTrainer(rowCount)
  return {
    every,
    window,
    labelWait: toDuration(Math.max(2 * unitMs.day, Math.min(30 * unitMs.day, gapMs * 1_000))),
    holdoutRowsAtMost: Math.min(20_000, Math.max(100, roundTo(rowCount / 20, 100))),
    rowsAtLeast: Math.min(1_000, Math.max(30, roundTo(rowCount / 400, 10))),
    ...(trainer === undefined ? {} : { trainer }),
  }
}

/** The same where the row's number is the clock: everything in rows. */
export function toRowSchedule(rowCount: number): Schedule {
  const inRows = (count: number): Duration => ({ count: Math.round(count), unit: 'row' })
  return {
    ...toSchedule(rowCount, rowCount * unitMs.row),
    every: inRows(Math.max(roundTo(rowCount / 50, 10), retrainRowsAtLeast)),
    window: inRows(Math.min(windowRowsAtMost, Math.max(roundTo(rowCount, 100), 1_000))),
    labelWait: inRows(100_000),
  }
}

/**
 * The penalty of the logistic trainer is counted in rows, so that its default, fitted to a large stream, is too heavy for a small file.
 *
 * On eight public files cut to 200 to 5,000 rows, penalties of 1 to 5 had the lowest log loss on the rows after; the trees' defaults held.
 */
function toTrainer(rowCount: number): string | undefined {
  if (rowCount >= 100_000) return undefined
  return rowCount < 10_000 ? '{ logistic: { l2: 3 } }' : '{ logistic: { l2: 10 } }'
}

const roundTo = (value: number, step: number) => Math.round(value / step) * step

/** Whole units, of the largest of which there are at least two. */
function toDuration(ms: number, round: (value: number) => number = Math.round): Duration {
  const units = ['day', 'hour', 'minute', 'second'] as const
  const unit = units.find(candidate => ms >= 2 * unitMs[candidate]) ?? 'second'
  return { unit, count: Math.max(1, round(ms / unitMs[unit])) }
}
