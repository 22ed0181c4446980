import type { DuckDBListValue, DuckDBValue } from '@duckdb/node-api'
import type { MergedObject, Times } from '../ports.ts'
import { quoteText } from './duckdb.ts'

type RunSql = (sql: string) => Promise<readonly (readonly DuckDBValue[])[]>

/** What is said of an object beside it: counted from the file as it was written, so that it is proved readable. */
export async function summarize(run: RunSql, file: string): Promise<Omit<MergedObject, 'body'>> {
  const from = `read_parquet(${quoteText(file)})`
  const columns = new Set((await run(`SELECT column_name FROM (DESCRIBE FROM ${from})`)).map(([name]) => name as string))
  const has = (name: string) => columns.has(name)
  const ends = (name: string) => (has(name) ? `min("${name}"), max("${name}")` : 'NULL, NULL')
  const layouts = has('definition') ? 'list(DISTINCT definition ORDER BY definition) FILTER (definition IS NOT NULL)' : 'NULL'
  const [[rowCount, ...rest]] = await run(
    `SELECT count(*), ${ends('recordedAtMs')}, ${ends('atMs')}, ${ends('labelAtMs')}, ${layouts} FROM ${from}`,
  )
  const [recordedMs, eventMs, labelMs] = [0, 2, 4].map(at => toTimes(rest[at], rest[at + 1]))
  const definitions = (rest[6] as DuckDBListValue | null)?.items as string[] | undefined
  const offsets = await run(`SELECT "partition", min("offset"), max("offset") FROM ${from} GROUP BY "partition" ORDER BY "partition"`)
  return {
    rowCount: Number(rowCount),
    recordedMs: recordedMs!,
    ...(eventMs && { eventMs }),
    ...(labelMs && { labelMs }),
    ...(definitions && { definitions }),
    offsets: offsets.map(row => row.map(Number)).map(([partition, first, last]) => ({ partition, first, last })),
  }
}

function toTimes(fromMs: DuckDBValue, toMs: DuckDBValue): Times | undefined {
  return fromMs === null ? undefined : { fromMs: Number(fromMs), toMs: Number(toMs) }
}
