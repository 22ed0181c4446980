import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api'
import { makeColumnBuilder } from '#models/feature-columns.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import type { ObjectStore, ReadTrainingRows, TrainingRows } from '../ports.ts'
import { mapConcurrently } from './concurrency.ts'

/** Objects fetched at a time, and so in memory: 0.2 MB each at 5,000 records. */
const fetchesAtOnce = 16

/** What DuckDB's buffers may hold; above it they spill to the function's disk. */
const duckdbMemory = '1GB'

/** Brings the archived feedback to the function's disk and runs the training query over it with DuckDB. */
export function duckdbTrainingRows(options: {
  readonly store: Pick<ObjectStore, 'get' | 'list'>
  readonly pipeline: Pipeline
  /** What the keys of the feedback's objects begin with. */
  readonly prefix: string
  /** Where the training query's text is. */
  readonly queryFile: string
  /** The query over these files. */
  readonly toQuery: (text: string, files: readonly string[]) => string
}): ReadTrainingRows {
  const { store, pipeline, prefix, queryFile, toQuery } = options
  return async () => {
    const keys = await store.list(prefix)
    if (keys.length === 0) return toTrainingRows(pipeline, [], 0)
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-'))
    try {
      const files = keys.map((_, at) => path.join(folder, `${at}.parquet`))
      await mapConcurrently([...keys.keys()], fetchesAtOnce, async at => {
        const object = await store.get(keys[at])
        if (!object) throw new Error(`${keys[at]} was listed and is gone`)
        await writeFile(files[at], object.body)
      })
      const chunks = streamQuery(toQuery(await readFile(queryFile, 'utf8'), files), folder)
      return await toTrainingRows(pipeline, chunks, keys.length)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** Gathers the result chunk by chunk, so that no row becomes an object. The query's columns: ids before sampling, time, target, label delay, features. */
async function toTrainingRows(
  pipeline: Pipeline,
  chunks: AsyncIterable<DuckDBDataChunk> | Iterable<DuckDBDataChunk>,
  objectCount: number,
): Promise<TrainingRows> {
  const builders = [
    makeColumnBuilder('number'),
    makeColumnBuilder('number'),
    makeColumnBuilder('number'),
    ...pipeline.features.map(({ kind }) => makeColumnBuilder(kind)),
  ]
  let idCount = 0
  for await (const chunk of chunks) {
    const { rowCount } = chunk // a native call: once a chunk, not once a row
    if (idCount === 0) idCount = chunk.getColumnVector(0).getItem(0) as number
    builders.forEach((builder, column) => {
      const vector = chunk.getColumnVector(column + 1)
      for (let row = 0; row < rowCount; row++) builder.add(vector.getItem(row) as number | string | null)
    })
  }
  const [atMs, targets, labelDelayMs, ...features] = builders.map(builder => builder.finish())
  const rowCount = atMs.values.length
  const sampledRatio = idCount === 0 ? 1 : rowCount / idCount
  return {
    atMs: atMs.values,
    targets: targets.values,
    labelDelayMs: labelDelayMs.values,
    features,
    objectCount,
    sampledRatio,
    ...(sampledRatio < 1 ? { weights: new Float32Array(rowCount).fill(1 / sampledRatio) } : {}),
  }
}

async function* streamQuery(sql: string, folder: string): AsyncIterable<DuckDBDataChunk> {
  const settings = {
    memory_limit: duckdbMemory,
    temp_directory: path.join(folder, 'spilled'),
    preserve_insertion_order: 'false', // the query says its order; files are read as they come, in less memory
  }
  const instance = await DuckDBInstance.create(':memory:', settings)
  const connection = await instance.connect()
  try {
    yield* await connection.stream(sql)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
