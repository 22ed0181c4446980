import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { makeColumnBuilder } from '#models/feature-columns.ts'
import type { FeatureSpec } from '#models/training-set.ts'
import type { LocalDatabase, WithLocalDatabase } from '../ports.ts'

/** What DuckDB's buffers may hold; above it they spill to the function's disk. Files that are open are beyond it: 0.65 MB each. */
const duckdbMemory = '400MB'

/** DuckDB on a file in a folder of its own under /tmp; both are removed when the use ends, however it does. */
export const withDuckdb: WithLocalDatabase = async use => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-'))
  try {
    const instance = await DuckDBInstance.create(path.join(folder, 'rows.duckdb'), {
      memory_limit: duckdbMemory,
      temp_directory: path.join(folder, 'spilled'),
      force_compression: 'uncompressed', // rows are read twice and gone: packing them costs more than half of the time to load them
      preserve_insertion_order: 'false', // a query says its order; files are read as they come, in less memory
    })
    try {
      return await use(openDatabase(instance, folder))
    } finally {
      instance.closeSync()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function openDatabase(instance: DuckDBInstance, folder: string): LocalDatabase {
  const pathOf = (name: string) => path.join(folder, name)
  /** A connection runs one query at a time, so each query has its own. */
  const connected = async <T>(query: (connection: DuckDBConnection) => Promise<T>): Promise<T> => {
    const connection = await instance.connect()
    try {
      return await query(connection)
    } finally {
      connection.closeSync()
    }
  }
  const removeFiles = async (names: readonly string[]) => {
    await Promise.all(names.map(name => rm(pathOf(name), { force: true })))
  }
  return {
    pathOf,
    removeFiles,
    async writeFile(name, body) {
      await writeFile(pathOf(name), body)
      return pathOf(name)
    },
    async takeFile(name) {
      const body = await readFile(pathOf(name))
      await removeFiles([name])
      return body
    },
    run: sql =>
      connected(async connection => {
        await connection.run(sql)
      }),
    reclaim: () =>
      connected(async connection => {
        try {
          await connection.run('CHECKPOINT')
        } catch (error) {
          if (!/other (write )?transactions/.test((error as Error).message)) throw error
        }
      }),
    readNumbers: sql =>
      connected(async connection => {
        const [row] = (await connection.runAndReadAll(sql)).getRows()
        return row.map(value => (value === null ? null : Number(value)))
      }),
    readColumns: (sql, kinds) => connected(connection => readColumns(connection, sql, kinds)),
  }
}

async function readColumns(connection: DuckDBConnection, sql: string, kinds: readonly FeatureSpec['kind'][]) {
  const builders = kinds.map(makeColumnBuilder)
  for await (const chunk of await connection.stream(sql)) {
    const { rowCount } = chunk // a native call: once a chunk, not once a row
    builders.forEach((builder, column) => {
      const vector = chunk.getColumnVector(column)
      for (let row = 0; row < rowCount; row++) builder.add(vector.getItem(row) as number | string | null)
    })
  }
  return builders.map(builder => builder.finish())
}
