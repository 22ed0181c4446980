/** A row of a file. */
export interface FileRow {
  /** Where it stands, for messages: `line 7` or `row 7`. */
  readonly at: string
  /** The parsed row: an object, or any JSON value of an NDJSON line. */
  readonly fields: unknown
  /** Made when it is asked for: a reader of fields does not pay for it. */
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
  /** The same, where the file has them. */
  readonly textIfThere?: readonly string[]
  /** The flag that named the file, for messages. */
  readonly flag?: '--file' | '--data' | '--input'
}

/** The longest row that is read: MSK Serverless takes no larger record. It bounds memory where a file has no line ends. */
export const maxRowBytes = 8 * 1024 * 1024

/** A row whose JSON is its fields'. */
export function toFileRow(at: string, fields: unknown): FileRow {
  return {
    at,
    fields,
    get json() {
      return JSON.stringify(fields)
    },
  }
}
