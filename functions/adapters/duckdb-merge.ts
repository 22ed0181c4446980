import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isMachineFailure } from '../machine-failure.ts'
import type { Merged, MergeObjects, ObjectStore } from '../ports.ts'
import { cut } from './concurrency.ts'
import { quoteText, runDuckdb, toFileList } from './duckdb.ts'
import { fetchParquet, type LocalFile } from './fetch-parquet.ts'
import { summarize } from './summarize-parquet.ts'

/** What a merge may take of the machine. */
export interface MergeLimits {
  /** Files that one query opens: DuckDB keeps about 0.65 MB of each outside its memory limit. */
  readonly filesAtOnce: number
  /** What DuckDB's buffers may hold; above it they spill to the function's disk. */
  readonly memory: string
  readonly threads: number
  /** An object is closed once it is as large. */
  readonly objectBytes: number
  /** A row group before compression: the least that a reader holds, and what DuckDB's writer holds outside its memory limit. */
  readonly groupBytes: number
}

const usualLimits: MergeLimits = { filesAtOnce: 200, memory: '600MB', threads: 2, objectBytes: 64_000_000, groupBytes: 16_000_000 }

/** DuckDB's vectors have 2,048 rows, its row groups by default 60 of them. */
const vectorRows = 2_048
const vectorsAtMost = 60

interface Merging {
  readonly limits: MergeLimits
  readonly folder: string
  run(sql: string): ReturnType<typeof runDuckdb>
}

/**
 * Merges with DuckDB, on the function's disk and in bounded memory: many small files become few in a first pass, the few are sorted in a
 * second. Files of different columns or types never meet where rows are written, so values go through untouched and bytes stay bytes.
 *
 * @example const merge = duckdbMerge(s3Store(ARCHIVE_BUCKET))
 */
export function duckdbMerge(store: Pick<ObjectStore, 'get'>, changes: Partial<MergeLimits> = {}): MergeObjects {
  const limits = { ...usualLimits, ...changes }
  return async (keys, take) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-'))
    const merging: Merging = { limits, folder, run: sql => runDuckdb({ folder, ...limits }, sql) }
    try {
      const refused: Merged['refused'][number][] = []
      const files: LocalFile[] = []
      for (const [nth, some] of cut(keys, limits.filesAtOnce).entries()) {
        const fetched = await fetchParquet(store, some, path.join(folder, `fetched-${nth}`))
        const joined = await joinFiles(merging, fetched.files, `joined-${nth}`)
        refused.push(...fetched.refused, ...joined.refused)
        files.push(...joined.files)
        await rm(path.join(folder, `fetched-${nth}`), { recursive: true })
      }
      const repeats = await findRepeats(merging, files)
      let writtenCount = 0
      for (const [nth, alike] of [...toLayouts(files).values()].entries()) {
        for (const file of await writeSorted(merging, { files: alike, repeats, to: path.join(folder, `sorted-${nth}`) })) {
          const merged = await summarize(merging.run, file)
          if (merged.rowCount === 0) continue // all rows of a layout repeat rows of another
          writtenCount += merged.rowCount
          await take({ body: await readFile(file), ...merged })
        }
      }
      if (writtenCount !== repeats.distinctCount) throw new Error(`${repeats.distinctCount} rows were merged and ${writtenCount} written`)
      return { refused, repeatCount: repeats.count }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

const toLayouts = (files: readonly LocalFile[]) => Map.groupBy(files, ({ layout }) => layout)

/** One file for all of a layout. What cannot be read, though its footer can, is found by reading each alone, and refused. */
async function joinFiles(
  merging: Merging,
  files: readonly LocalFile[],
  name: string,
): Promise<{ readonly files: readonly LocalFile[]; readonly refused: Merged['refused'] }> {
  const joined: LocalFile[] = []
  const refused: Merged['refused'][number][] = []
  for (const [nth, alike] of [...toLayouts(files).values()].entries()) {
    const to = path.join(merging.folder, `${name}-${nth}.parquet`)
    const { whole, broken } = await tryToJoin(merging, alike, to)
    refused.push(...broken)
    if (whole) joined.push({ ...alike[0], file: to })
  }
  return { files: joined, refused }
}

async function tryToJoin(
  merging: Merging,
  files: readonly LocalFile[],
  to: string,
): Promise<{ readonly whole: boolean; readonly broken: Merged['refused'] }> {
  const write = async (some: readonly LocalFile[]) => {
    const from = `read_parquet(${toFileList(some.map(({ file }) => file))})`
    await merging.run(`COPY (FROM ${from}) TO ${quoteText(to)} (FORMAT parquet, ROW_GROUP_SIZE ${vectorRows * 4})`)
    const [[placeless]] = await merging.run(`SELECT count(*) FROM read_parquet(${quoteText(to)}) WHERE ${isPlaceless}`)
    if (Number(placeless) > 0) throw new Error(`${placeless} rows without a partition, an offset or a time`)
  }
  try {
    await write(files)
    return { whole: true, broken: [] }
  } catch (error) {
    if (isMachineFailure(error)) throw error // it says nothing of the objects
    if (files.length === 1) return { whole: false, broken: [{ key: files[0].key, etag: files[0].etag, reason: toReason(error) }] }
  }
  const broken: Merged['refused'][number][] = []
  for (const file of files) broken.push(...(await tryToJoin(merging, [file], to)).broken)
  if (broken.length === 0) throw new Error(`DuckDB reads ${files.length} objects one by one and not together; the first is ${files[0].key}`)
  const keys = new Set(broken.map(({ key }) => key))
  const readable = files.filter(({ key }) => !keys.has(key))
  if (readable.length > 0) await write(readable)
  return { whole: readable.length > 0, broken }
}

/** What no record of Kafka has. */
const isPlaceless = `"partition" IS NULL OR "partition" < 0 OR "offset" IS NULL OR "offset" < 0 OR "recordedAtMs" IS NULL`

/** The first line of DuckDB's message, without the folder that it read from. */
function toReason(error: unknown): string {
  return (error as Error).message.split('\n')[0].replaceAll(/\/\S*\//g, '')
}

/** Where rows lie that repeat a (partition, offset), whatever their layouts: a file of their places. */
interface Repeats {
  readonly distinctCount: number
  readonly count: number
  readonly file: string
}

async function findRepeats({ run, folder }: Merging, files: readonly LocalFile[]): Promise<Repeats> {
  const file = path.join(folder, 'repeats.parquet')
  if (files.length === 0) return { distinctCount: 0, count: 0, file }
  // Columns that differ in type are not asked for
  const from = `read_parquet(${toFileList(files.map(each => each.file))}, union_by_name = true, filename = true, file_row_number = true)`
  const [[all, distinct]] = await run(`SELECT count(*), count(DISTINCT ("partition", "offset")) FROM ${from}`)
  const count = Number(all) - Number(distinct)
  const nth = `row_number() OVER (PARTITION BY "partition", "offset" ORDER BY filename, file_row_number)`
  const places = `SELECT filename, file_row_number FROM ${from} QUALIFY ${nth} > 1`
  if (count > 0) await run(`COPY (${places}) TO ${quoteText(file)} (FORMAT parquet)`)
  return { distinctCount: Number(distinct), count, file }
}

/** Files of one layout as large ones in the order of time; gives their paths in that order. */
async function writeSorted(
  { run, limits }: Merging,
  { files, repeats, to }: { readonly files: readonly LocalFile[]; readonly repeats: Repeats; readonly to: string },
): Promise<string[]> {
  const list = toFileList(files.map(({ file }) => file))
  const rows =
    repeats.count === 0
      ? `FROM read_parquet(${list})`
      : `SELECT * EXCLUDE (filename, file_row_number) FROM read_parquet(${list}, filename = true, file_row_number = true) AS kept
         WHERE NOT EXISTS (FROM read_parquet(${quoteText(repeats.file)}) AS repeated
           WHERE repeated.filename = kept.filename AND repeated.file_row_number = kept.file_row_number)`
  const options = [
    'FORMAT parquet',
    'COMPRESSION zstd',
    `ROW_GROUP_SIZE ${vectorRows * (await toGroupVectors(run, list, limits.groupBytes))}`,
    `FILE_SIZE_BYTES ${limits.objectBytes}`,
    `FILENAME_PATTERN '{i}'`,
  ]
  await run(`COPY (${rows} ORDER BY "recordedAtMs", "partition", "offset") TO ${quoteText(to)} (${options.join(', ')})`)
  const names = (await readdir(to)).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  return names.map(name => path.join(to, name))
}

/** Vectors of a row group, by what a row of these files takes on average in memory. */
async function toGroupVectors(run: Merging['run'], list: string, groupBytes: number): Promise<number> {
  const bytes = `coalesce(octet_length("key"), 0) + coalesce(octet_length("value"), 0) + coalesce(strlen("headers"), 0)`
  const columns = `SELECT count(*) FROM (DESCRIBE FROM read_parquet(${list}))`
  const [[average, columnCount]] = await run(`SELECT avg(${bytes}), (${columns}) FROM read_parquet(${list})`)
  const rowBytes = Number(average) + 16 * Number(columnCount) // DuckDB's texts take 16 bytes, numbers 8
  return Math.min(vectorsAtMost, Math.max(1, Math.round(groupBytes / rowBytes / vectorRows)))
}
