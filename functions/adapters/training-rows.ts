import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { FeatureValue, Pipeline } from '#models/pipeline-compiler.ts'
import type { ObjectStore } from '../ports.ts'
import type { ReadTrainingRows } from '../retrain/retrain.ts'
import { trainingSetQuery } from '../retrain/training-set.ts'
import { mapConcurrently } from './concurrency.ts'

/** Objects fetched at a time. */
const fetchesAtOnce = 16

/** Brings the archived feedback to the function's disk and runs the training query over it with DuckDB. */
export function duckdbTrainingRows(store: ObjectStore, pipeline: Pipeline, prefix: string): ReadTrainingRows {
  return async () => {
    const keys = await store.list(prefix)
    if (keys.length === 0) return { atMs: [], targets: [], features: [], objectCount: 0 }
    const folder = await mkdtemp(path.join(tmpdir(), 'millrace-'))
    try {
      const files = keys.map((_, at) => path.join(folder, `${at}.parquet`))
      await mapConcurrently([...keys.keys()], fetchesAtOnce, async at => {
        const object = await store.get(keys[at])
        if (!object) throw new Error(`${keys[at]} was listed and is gone`)
        await writeFile(files[at], object.body)
      })
      const [atMs, targets, ...columns] = await runQuery(trainingSetQuery(pipeline, files))
      const features = atMs.map((_, row) => columns.map(column => column[row] as FeatureValue))
      return { atMs: atMs as number[], targets: targets as number[], features, objectCount: keys.length }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** The result's columns as JavaScript values. */
async function runQuery(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const reader = await connection.runAndReadAll(sql)
    return reader.getColumnsJS()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
