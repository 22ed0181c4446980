import { asyncBufferFromFile, type FileMetaData, parquetScan, parquetSchema } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { MillraceError } from '#models/errors.ts'
import { type RowSource, toFileRow } from './file-row.ts'

const dayMs = 86_400_000

/** Clock times and dates as epoch milliseconds, as every Millrace record has them. */
const parsers = {
  timestampFromMilliseconds: (ms: bigint) => Number(ms),
  timestampFromMicroseconds: (us: bigint) => Number(us / 1_000n),
  timestampFromNanoseconds: (ns: bigint) => Number(ns / 1_000_000n),
  dateFromDays: (days: number) => days * dayMs,
}

/** Rows that the file holds together, by column: `columns[name][row - firstRow]`. */
export interface RowGroup {
  readonly firstRow: number
  readonly rowCount: number
  readonly rowCountOfFile: number
  readonly columns: Readonly<Record<string, ArrayLike<unknown>>>
}

/**
 * The row groups of a Parquet file in their order, one in memory at a time.
 *
 * Integers of 64 bits are bigint, times are epoch milliseconds, decimals the numbers next to them.
 *
 * @throws FILE_INVALID where it is not Parquet
 * @example for await (const { columns, rowCount } of readRowGroups('flights.parquet')) console.log(columns.origin[0], rowCount)
 */
export async function* readRowGroups(file: string): AsyncGenerator<RowGroup> {
  try {
    const { ranges, metadata, readColumn } = await parquetScan({ file: await asyncBufferFromFile(file), compressors, parsers })
    const powers = takePowers(metadata)
    const names = metadata.row_groups.length === 0 ? [] : columnNames(metadata.row_groups[0].columns)
    for (const { rowStart, rowEnd } of ranges) {
      const entries: [string, ArrayLike<unknown>][] = []
      for (const column of names) {
        const values = await readColumn({ column, rowStart, rowEnd })
        const power = powers.get(column)
        entries.push([column, power === undefined ? values : Array.from(values, value => divide(value, power))])
      }
      const columns = Object.fromEntries(entries) // a column may be called __proto__
      yield { firstRow: rowStart, rowCount: rowEnd - rowStart, rowCountOfFile: Number(metadata.num_rows), columns }
    }
  } catch (cause) {
    throw new MillraceError('FILE_INVALID', `${file} is not Parquet that can be read: ${(cause as Error).message}`, { cause })
  }
}

/**
 * What the whole numbers of each decimal column stand above, 100 for two digits behind the point. The reader is told that it is 1: it would
 * multiply by 0.01, which no number is, and make 1301.8700000000001 of 1301.87.
 */
function takePowers(metadata: FileMetaData): ReadonlyMap<string, number> {
  const powers = new Map<string, number>()
  for (const { element, children } of parquetSchema(metadata).children) {
    if (children.length > 0 || element.converted_type !== 'DECIMAL' || !element.scale) continue
    powers.set(element.name, 10 ** element.scale)
    element.scale = 0
  }
  return powers
}

const divide = (value: unknown, power: number) => (value == null ? value : Number(value) / power)

/** The top-level columns: a nested one is spread over several. */
function columnNames(columns: readonly { readonly meta_data?: { readonly path_in_schema: readonly string[] } }[]): string[] {
  return [...new Set(columns.flatMap(({ meta_data }) => meta_data?.path_in_schema[0] ?? []))]
}

/** Each row as a JSON object: 64-bit integers as numbers, or as text where a number would lose digits; times as epoch milliseconds. */
export function readParquet(file: string): RowSource {
  let readRatio = 0
  async function* readRows() {
    for await (const { firstRow, rowCount, rowCountOfFile, columns } of readRowGroups(file)) {
      const names = Object.keys(columns)
      for (let row = 0; row < rowCount; row++) {
        const fields = Object.fromEntries(names.map(name => [name, toJsonValue(columns[name][row])]))
        const place = firstRow + row + 1
        readRatio = place / rowCountOfFile
        yield toFileRow(`row ${place}`, fields)
      }
    }
  }
  return { rows: readRows(), readRatio: () => readRatio }
}

function toJsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.getTime()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(toJsonValue)
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [name, toJsonValue(content)]))
}
