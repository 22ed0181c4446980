/** When each row happened, in that order, and when its label was known. */
export interface RowTimes {
  readonly atMs: Float64Array
  readonly knownAtMs: Float64Array
}

/** The share of the earlier rows that is trained on even where the labels take longer than there are rows to wait for. */
const trainedAtLeast = 0.5

/**
 * The rows before row `from` whose label was known when that row happened: all that a model could have learnt from if it had to score from there on.
 *
 * A holdout right behind rows whose labels came during it flatters whatever follows the latest hours. Rows are left out one by one, so a label
 * of two days does not cost two days. Where the delay would leave less than half of the rows, as at the start of a stream, the half that was
 * known first is taken: a shorter gap than life's, but a model.
 *
 * @returns row numbers in time order
 */
export function rowsKnownBefore({ atMs, knownAtMs }: RowTimes, from: number): Int32Array {
  const known = new Int32Array(from)
  const select = (byMs: number) => {
    let count = 0
    for (let row = 0; row < from; row++) if (knownAtMs[row] <= byMs) known[count++] = row
    return known.subarray(0, count)
  }
  const selected = select(atMs[from])
  const fewest = Math.ceil(from * trainedAtLeast)
  if (selected.length >= fewest) return selected
  return select(knownAtMs.slice(0, from).sort()[fewest - 1])
}

/** The times of the chosen rows. */
export function selectTimes({ atMs, knownAtMs }: RowTimes, rows: Int32Array): RowTimes {
  return { atMs: Float64Array.from(rows, row => atMs[row]), knownAtMs: Float64Array.from(rows, row => knownAtMs[row]) }
}
