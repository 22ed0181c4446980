import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { type CsvError, type InfoField, parse } from 'csv-parse'
import { MillraceError } from '#models/errors.ts'
import { type FileRow, maxRowBytes, type ReadOptions, type RowSource, toFileRow } from './file-row.ts'

/** A number as JSON writes it: 007 and +1 are codes, not numbers. */
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/**
 * A CSV file with a header line: each row an object.
 *
 * Quoted cells and the columns of `textColumns` are text. Of the others an empty one is null, and one that JSON would read as a number
 * is that number, unless a number would lose digits of it. All else is text.
 */
export function readCsv(file: string, fileBytes: number, options: ReadOptions): RowSource {
  const stream = createReadStream(file, { highWaterMark: 256 * 1024 })
  return { rows: parseRows(file, stream, options), readRatio: () => stream.bytesRead / fileBytes }
}

async function* parseRows(
  file: string,
  stream: NodeJS.ReadableStream,
  { textColumns, textIfThere = [] }: ReadOptions,
): AsyncGenerator<FileRow> {
  const asText = new Set([...textColumns, ...textIfThere])
  const parser = parse({
    bom: true,
    record_delimiter: ['\r\n', '\n'],
    columns: (header: readonly string[]) => checkHeader(header, textColumns),
    cast: (cell: string, cellInfo: InfoField) => toCell(cell, cellInfo, asText),
    skip_empty_lines: true,
    max_record_size: maxRowBytes,
    on_record: (fields: Record<string, unknown>, { lines }): FileRow => toFileRow(`line ${lines}`, fields),
  })
  pipeline(stream, parser, () => {}) // an error of either reaches the loop below
  try {
    yield* parser as AsyncIterable<FileRow>
  } catch (cause) {
    const { message, lines } = cause as CsvError & { readonly lines?: number }
    throw new MillraceError('FILE_INVALID', `${file} line ${lines ?? parser.info.lines}: ${message}`, { cause })
  }
}

function checkHeader(header: readonly string[], textColumns: readonly string[]): string[] {
  const twice = header.find((name, at) => header.indexOf(name) !== at)
  if (twice !== undefined) throw new Error(`the header names the column '${twice}' twice`)
  const unknown = textColumns.find(name => !header.includes(name))
  if (unknown !== undefined) throw new Error(`the header has no column '${unknown}' to keep as text, only ${header.join(', ')}`)
  return [...header]
}

function toCell(cell: string, { header, quoting, column }: InfoField, asText: ReadonlySet<string>): string | number | null {
  if (cell.includes('\uFFFD')) throw new Error('the text is not UTF-8')
  if (header || quoting || asText.has(String(column))) return cell
  if (cell === '') return null
  if (!jsonNumber.test(cell)) return cell
  const number = Number(cell)
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : cell
}
