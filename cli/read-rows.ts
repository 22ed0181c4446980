import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { MillraceError } from '#models/errors.ts'
import { readCsv } from './read-csv.ts'
import { readNdjson } from './read-ndjson.ts'
import { readParquet } from './read-parquet.ts'

/** A row of a file as it is published. */
export interface FileRow {
  /** Where it stands, for messages: `line 7` or `row 7`. */
  readonly at: string
  /** The parsed row: an object, or any JSON value of an NDJSON line. */
  readonly fields: unknown
  readonly json: string
}

/** A file being read, row by row. */
export interface RowSource {
  readonly rows: AsyncIterable<FileRow>
  /** The part of the file that has been read, 0 to 1. */
  readRatio(): number
}

export interface ReadOptions {
  /** CSV columns whose cells stay text, whatever they look like. */
  readonly textColumns: readonly string[]
  /** The flag that named the file, for messages; `--file` if absent. */
  readonly flag?: string
}

/** The longest row that is read: MSK Serverless takes no larger record. It bounds memory where a file has no line ends. */
export const maxRowBytes = 8 * 1024 * 1024

const readers: Readonly<Record<string, (file: string, fileBytes: number, options: ReadOptions) => RowSource>> = {
  '.csv': readCsv,
  '.ndjson': readNdjson,
  '.jsonl': readNdjson,
  '.parquet': readParquet,
}

/**
 * Opens a file of rows, told by its extension: .csv, .ndjson (or .jsonl), .parquet.
 *
 * @throws ARGUMENT_INVALID where there is no such file or the extension is unknown; reading throws FILE_INVALID with the line
 * @example for await (const { json } of (await openRows('flights.csv', { textColumns: [] })).rows) console.log(json)
 */
export async function openRows(file: string, options: ReadOptions): Promise<RowSource> {
  const { flag = '--file' } = options
  const reader = readers[extname(file).toLowerCase()]
  if (!reader) throw new MillraceError('ARGUMENT_INVALID', `${flag} must end in ${Object.keys(readers).join(', ')}, got '${file}'`)
  const found = await stat(file).catch((error: Error) => error)
  if (found instanceof Error) throw new MillraceError('ARGUMENT_INVALID', `${flag} cannot be read: ${found.message}`, { cause: found })
  if (!found.isFile()) throw new MillraceError('ARGUMENT_INVALID', `${flag} must be a file, '${file}' is something else`)
  return reader(file, found.size, options)
}
