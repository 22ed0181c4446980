import { createReadStream } from 'node:fs'
import { MillraceError } from '#models/errors.ts'
import { type FileRow, maxRowBytes, type RowSource } from './file-row.ts'

const newline = 0x0a
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** One JSON value a line, published as it stands; blank lines are passed over. Whole numbers that lose digits as numbers are texts in the fields. */
export function readNdjson(file: string, fileBytes: number): RowSource {
  const stream = createReadStream(file, { highWaterMark: 256 * 1024 })
  return { rows: parseLines(file, stream), readRatio: () => stream.bytesRead / fileBytes }
}

async function* parseLines(file: string, stream: AsyncIterable<Buffer>): AsyncGenerator<FileRow> {
  let line = 0
  for await (const bytes of splitLines(file, stream)) {
    line++
    let json: string
    let fields: unknown
    try {
      json = utf8.decode(bytes)
      if (json.trim() === '') continue
      fields = digitsAtRisk.test(json) ? JSON.parse(json, keepDigits) : JSON.parse(json)
    } catch (cause) {
      throw new MillraceError('FILE_INVALID', `${file} line ${line} is not JSON in UTF-8: ${(cause as Error).message}`, { cause })
    }
    yield { at: `line ${line}`, fields, json }
  }
}

/** More digits than any number keeps all of; most files have none, and a reviver costs several times the parsing. */
const digitsAtRisk = /\d{16}/

/** As of Parquet: an id of 19 digits stays the id that it is. */
function keepDigits(this: unknown, _name: string, value: unknown, { source = '' }: { readonly source?: string } = {}): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? source : value
}

/** The lines without their ends, LF or CRLF. */
async function* splitLines(file: string, stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let line = 1
  let begun: Buffer[] = []
  let begunBytes = 0
  for await (const chunk of stream) {
    let from = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      const rest = chunk.subarray(from, end)
      yield withoutReturn(begun.length === 0 ? rest : Buffer.concat([...begun, rest]))
      line++
      begun = []
      begunBytes = 0
      from = end + 1
    }
    begun.push(chunk.subarray(from))
    begunBytes += chunk.length - from
    if (begunBytes > maxRowBytes) throw new MillraceError('FILE_INVALID', `${file} line ${line} is longer than ${maxRowBytes} bytes`)
  }
  if (begunBytes > 0) yield withoutReturn(Buffer.concat(begun))
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line
}
