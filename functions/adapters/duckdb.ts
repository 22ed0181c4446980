import path from 'node:path'
import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api'

/** What DuckDB may take of the machine. */
export interface DuckdbLimits {
  /** What its buffers may hold, such as '600MB'; above it they spill to the folder. */
  readonly memory: string
  readonly threads: number
  readonly folder: string
}

/**
 * Runs one statement on an engine of its own and gives the rows of its result: what the engine held of files is free again afterwards.
 *
 * @example const [[count]] = await runDuckdb({ memory: '600MB', threads: 2, folder }, 'SELECT count(*) FROM …')
 */
export async function runDuckdb({ memory, threads, folder }: DuckdbLimits, sql: string): Promise<readonly (readonly DuckDBValue[])[]> {
  const settings = { memory_limit: memory, threads: String(threads), temp_directory: path.join(folder, 'spilled') }
  const instance = await DuckDBInstance.create(':memory:', settings)
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRows()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** Files as the argument of read_parquet. */
export function toFileList(files: readonly string[]): string {
  return `[${files.map(quoteText).join(', ')}]`
}

/** A text in SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
