/** Columns that a backtest supplies where the file does not hold them: what a definition's `id` and `time` then name. */
export const rowIdColumn = 'rowId'
export const rowTimeColumn = 'rowAtMs'

const firstRowAtMs = Date.UTC(2000, 0, 1)
const rowMs = 1_000

/**
 * The id and the clock time of a row of a file that has none; row 0 is the first. Columns of the file go before them.
 *
 * @example toRowColumns(7) // { rowId: '7', rowAtMs: 946684807000 }
 */
export function toRowColumns(row: number): { readonly rowId: string; readonly rowAtMs: number } {
  return { [rowIdColumn]: String(row), [rowTimeColumn]: firstRowAtMs + row * rowMs }
}
