import { readFileSync } from 'node:fs'
import path from 'node:path'
import { withDuckdb } from '#functions/adapters/local-database.ts'
import type { ObjectStore } from '#functions/ports.ts'
import { duckdbFiles, duckdbIdHash, fillQuery, latestTimeMs, type TrainingCut } from '#functions/retrain/training-set.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'

const text = readFileSync(path.join(import.meta.dirname, '../../../functions/retrain/training-set.sql'), 'utf8')

/** What the training query gives of all feedback objects under a topic in one query, with nothing prepared or left out: the truth in tests. */
export function queryAll(store: Pick<ObjectStore, 'get' | 'list'>, pipeline: Pipeline, cut: Partial<TrainingCut> = {}) {
  return withDuckdb(async database => {
    const keys = (await store.list(`${pipeline.name}.feedback/`)).filter(key => key.endsWith('.parquet'))
    const files: string[] = []
    for (const [at, key] of keys.entries()) files.push(await database.writeFile(`${at}.parquet`, (await store.get(key))!.body))
    const source = { feedback: duckdbFiles(pipeline, files), idHash: duckdbIdHash }
    const query = fillQuery(text, pipeline, source, { rowLimit: 2_000_000, knownByMs: latestTimeMs, ...cut })
    const kinds = ['number', 'number', 'number', 'number', ...pipeline.features.map(({ kind }) => kind)] as const
    const [sampled, atMs, targets, labelDelayMs, ...features] = await database.readColumns(query, kinds)
    return { sampledRatio: sampled.values[0], atMs: atMs.values, targets: targets.values, labelDelayMs: labelDelayMs.values, features }
  })
}
