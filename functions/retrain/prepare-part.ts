import type { Pipeline } from '#models/pipeline-compiler.ts'
import { isMachineFailure } from '../machine-failure.ts'
import type { LocalDatabase, ObjectStore, RefusedObject } from '../ports.ts'
import { fetchFiles } from './fetch-files.ts'
import type { Part } from './parts.ts'
import { type Slice, sliceSpans, toSliceKey } from './slices.ts'
import { duckdbFiles, preparedColumns, preparedTypes, quoteText } from './training-set.ts'

/** Objects open in one query: 0.65 MB each of memory that DuckDB does not count. */
const filesAtOnce = 64

export interface PreparePorts {
  readonly pipeline: Pipeline
  readonly store: Pick<ObjectStore, 'get' | 'put'>
  readonly database: LocalDatabase
}

/** A part of the archive with its prepared rows, and the objects of it that could not be read. */
export interface PreparedPart {
  readonly part: Part
  readonly slices: readonly Slice[]
  readonly refused: readonly RefusedObject[]
}

/**
 * Reads a part of the archive once for all runs: its rows of the definition, of them what the training query reads, as slices by hash. What is
 * no Parquet is passed over, named in an object beside them.
 *
 * Written again, by another run at the same time or after a crash, the slices are the same.
 */
export async function preparePart({ pipeline, store, database }: PreparePorts, part: Part): Promise<PreparedPart> {
  const table = `part_${part.fingerprint}`
  await database.run(`CREATE OR REPLACE TABLE ${table} (${preparedTypes(pipeline)})`)
  try {
    const refused = await readObjects({ store, database }, part, files =>
      database.run(
        `INSERT INTO ${table} SELECT ${preparedColumns(pipeline)} FROM ${duckdbFiles(pipeline, files)} WHERE definition = ${quoteText(pipeline.definition)}`,
      ),
    )
    if (refused.length > 0) await store.put(refusedKey(part), Buffer.from(JSON.stringify(refused)))
    const [count, newest] = await database.readNumbers(`SELECT count(*), max("atMs") FROM ${table}`)
    const spans = sliceSpans(count ?? 0)
    const slices: Slice[] = []
    for (const [at, { from, below }] of spans.entries()) {
      const rows = `FROM ${table} WHERE "idHash" >= ${from} AND "idHash" < ${below}`
      const [rowCount] = await database.readNumbers(`SELECT count(*) ${rows}`)
      const newestMs = newest ?? Number.NEGATIVE_INFINITY
      const key = toSliceKey(part.prefix, { at, count: spans.length, rowCount: rowCount ?? 0, newestMs })
      const file = `${table}_${at}.parquet`
      await database.run(`COPY (SELECT * ${rows}) TO ${quoteText(database.pathOf(file))} (FORMAT parquet, COMPRESSION zstd)`)
      await store.put(key, await database.takeFile(file))
      slices.push({ key, rowCount: rowCount ?? 0, newestMs, from, below })
    }
    return { part, slices, refused }
  } finally {
    await database.run(`DROP TABLE ${table}`)
    await database.reclaim()
  }
}

/** Where the objects of a part are named that could not be read. */
const refusedKey = ({ prefix }: Part) => `${prefix}_refused.json`

/** What was refused of a part when it was prepared; `keys` are all that there are of prepared rows. */
export async function readRefused(
  { store }: Pick<PreparePorts, 'store'>,
  part: Part,
  keys: ReadonlySet<string>,
): Promise<readonly RefusedObject[]> {
  const stored = keys.has(refusedKey(part)) ? await store.get(refusedKey(part)) : undefined
  return stored ? (JSON.parse(Buffer.from(stored.body).toString()) as RefusedObject[]) : []
}

/** Brings objects to the disk in bounded groups and gives each group to the reader; of a group that cannot be read, each object alone. */
async function readObjects(
  { store, database }: Pick<PreparePorts, 'store' | 'database'>,
  { inputs, fingerprint }: Part,
  read: (files: readonly string[]) => Promise<void>,
): Promise<RefusedObject[]> {
  const refused: RefusedObject[] = []
  for (let from = 0; from < inputs.length; from += filesAtOnce) {
    const keys = inputs.slice(from, from + filesAtOnce)
    const names = keys.map((_, at) => `object_${fingerprint}_${at}.parquet`)
    const files = await fetchFiles({ store, database }, keys, names)
    try {
      await read(files)
    } catch (error) {
      if (isMachineFailure(error)) throw error
      for (const [at, key] of keys.entries()) {
        await read([files[at]]).catch(cause => {
          if (isMachineFailure(cause)) throw cause
          refused.push({ key, reason: (cause as Error).message.split('\n')[0].replaceAll(files[at], key) })
        })
      }
    }
    await database.removeFiles(names)
  }
  return refused
}
