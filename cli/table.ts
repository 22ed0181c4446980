/** A column of a table: its title, and on which side its cells stand. */
export interface TableColumn {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/**
 * Rows as lines of aligned columns under their titles, for a terminal; the last column may be as long as it wants.
 *
 * @example toTable([{ title: 'model' }, { title: 'rows', align: 'right' }], [['v1', '1,200']]) // 'model   rows\nv1     1,200'
 */
export function toTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => title), ...rows]
  const widths = columns.map((_, column) => Math.max(...lines.map(line => line[column].length)))
  const pad = (cell: string, column: number) =>
    columns[column].align === 'right' ? cell.padStart(widths[column]) : cell.padEnd(widths[column])
  return lines.map(line => line.map(pad).join('  ').trimEnd()).join('\n')
}

/** A clock time in UTC, to the minute. @example toMinute(0) // '1970-01-01 00:00' */
export function toMinute(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
}

/** A figure with fixed digits, or a dash where there is none. */
export function toFixedOrDash(value: number | null | undefined, digits = 4): string {
  return value === null || value === undefined ? '-' : value.toFixed(digits)
}
