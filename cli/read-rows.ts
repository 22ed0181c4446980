import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { MillraceError } from '#models/errors.ts'
import type { ReadOptions, RowSource } from './file-row.ts'
import { readCsv } from './read-csv.ts'
import { readNdjson } from './read-ndjson.ts'
import { readParquet } from './read-parquet.ts'

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
