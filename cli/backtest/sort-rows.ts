import { MillraceError } from '#models/errors.ts'

/** Where a row stands in its file, for messages, and from when on it counts. */
export interface TimedRow {
  readonly at: string
  readonly atMs: number
}

/**
 * The rows in the order of their times: as they come where they are said to be sorted, else after all of them are in memory.
 *
 * @throws MillraceError FILE_INVALID for a row that is earlier than the one before it
 */
export async function* sortRows<Row extends TimedRow>(
  rows: AsyncIterable<Row>,
  { isSorted }: { readonly isSorted: boolean },
): AsyncGenerator<Row> {
  const all: Row[] = []
  let latestMs = Number.NEGATIVE_INFINITY
  for await (const row of rows) {
    if (!isSorted) {
      all.push(row)
      continue
    }
    if (row.atMs < latestMs) throw unsorted(row, latestMs)
    latestMs = row.atMs
    yield row
  }
  yield* all.sort((a, b) => a.atMs - b.atMs) // those of the same time keep their order
}

function unsorted({ at, atMs }: TimedRow, latestMs: number): MillraceError {
  const [is, was] = [atMs, latestMs].map(ms => new Date(ms).toISOString())
  return new MillraceError(
    'FILE_INVALID',
    `rows must be in the order of time, ${at} is of ${is} after one of ${was}; sort the file, or add --sort`,
  )
}
