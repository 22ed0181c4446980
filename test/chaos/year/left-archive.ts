import { copyFileSync, linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { hourMs } from '#functions/archived/hours.ts'
import { listHours } from '#functions/archived/list-hours.ts'
import { toParts } from '#functions/retrain/parts.ts'
import { sliceSpans, toSliceKey } from '#functions/retrain/slices.ts'
import { preparedTypes } from '#functions/retrain/training-set.ts'
import { featureColumn } from '#models/archive-columns.ts'
import { pipeline } from '#models/pipeline.ts'
import { folderStore } from '../../bench/training-set-store.ts'
import { writeHours } from '../../bench/training-set-year.ts'

const feedback = `${pipeline.name}.feedback`
const dayMs = 24 * hourMs

/** A span of the archive, and how much of it holds rows of its own. */
export interface LeftSpan {
  /** The bucket's folder. */
  readonly folder: string
  readonly rate: number
  readonly days: number
  readonly endMs: number
  /** Hours at the end whose rows are their own; the objects of the others are one, under many keys. */
  readonly realHours: number
}

/** Leaves every hour of the span compacted, as the step `compact` does: feedback with rows, the other topics with their manifests and keys. */
export async function leaveCompacted({ folder, rate, days, endMs, realHours }: LeftSpan): Promise<void> {
  const fromMs = endMs - days * dayMs
  await writeHours({ folder, rowsPerSec: rate, fromMs, toMs: endMs, realFromMs: endMs - realHours * hourMs })
  const { list } = folderStore(folder)
  const keys = await list('compacted/')
  for (const topic of ['events', 'labels', 'predictions']) {
    const link = makeLinker()
    for (const key of keys) {
      const to = path.join(folder, key.replace(feedback, `${pipeline.name}.${topic}`))
      mkdirSync(path.dirname(to), { recursive: true })
      if (key.endsWith('.parquet')) link(path.join(folder, key), to)
      else writeFileSync(to, readFileSync(path.join(folder, key), 'utf8').replaceAll(feedback, `${pipeline.name}.${topic}`))
    }
  }
}

/** Links to a copy of each file: one file has 65,000 names at most. */
function makeLinker(): (from: string, to: string) => void {
  const copies = new Map<number, string>()
  return (from, to) => {
    const { ino } = statSync(from)
    const copy = copies.get(ino)
    if (copy === undefined) copyFileSync(from, to)
    else linkSync(copy, to)
    copies.set(ino, copy ?? to)
  }
}

/**
 * Leaves the rows that earlier runs of retrain have prepared, up to the last run: what a sample reads of each hour with rows of its own, of the rest the names.
 *
 * Which slices a run reads follows from its limit of rows; should it read another, that is an empty file, and it prepares the hour anew.
 */
export async function leavePrepared({ folder, endMs, rate, days }: LeftSpan, rowLimit: number): Promise<void> {
  const { windowMs, everyMs } = pipeline.retrain
  const toMs = endMs - everyMs
  const hours = await listHours(folderStore(folder), feedback, { fromMs: toMs - windowMs, toMs })
  const counts = new Map(hours.flatMap(({ manifest }) => (manifest?.objects ?? []).map(({ key, rowCount }) => [key, rowCount] as const)))
  const readRatio = (1.5 * rowLimit) / (rate * (Math.min(windowMs, days * dayMs) / 1_000))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`CREATE TABLE kinds (${preparedTypes(pipeline)})`)
  const empty = path.join(folder, '.empty')
  writeFileSync(empty, '')
  for (const [nth, { prefix, hourStartMs, inputs }] of toParts(pipeline, hours).entries()) {
    const partRows = counts.get(inputs[0])!
    const spans = sliceSpans(partRows)
    for (const [at, { from, below }] of spans.entries()) {
      const rowCount = Math.round((partRows * (below - from)) / 2 ** 32)
      const file = path.join(folder, toSliceKey(prefix, { at, count: spans.length, rowCount, newestMs: hourStartMs }))
      mkdirSync(path.dirname(file), { recursive: true })
      if (from >= readRatio * 2 ** 32) linkSync(empty, file)
      else
        await connection.run(
          `COPY (${preparedRows({ nth, from, below, rowCount, hourStartMs })}) TO '${file}' (FORMAT parquet, COMPRESSION zstd)`,
        )
    }
  }
  instance.closeSync()
}

/** Rows as retrain prepares them, in the types of its table. */
function preparedRows(slice: {
  readonly nth: number
  readonly from: number
  readonly below: number
  readonly rowCount: number
  readonly hourStartMs: number
}): string {
  const { nth, from, below, rowCount, hourStartMs } = slice
  const features = pipeline.features.map((feature, at) => {
    const column = featureColumn(feature)
    return feature.kind === 'number'
      ? `random() * 100 AS "${column}"`
      : `'A' || CAST(floor(random() * ${at === 1 ? 7 : 300}) AS INTEGER) AS "${column}"`
  })
  return `FROM kinds WHERE false UNION ALL BY NAME SELECT CAST(${from} + floor(random() * ${below - from}) AS BIGINT) AS "idHash",
    'flight-${nth}-${from}-' || n AS id, CAST(${hourStartMs} - floor(random() * ${hourMs}) AS BIGINT) AS "atMs", CAST(random() < 0.2 AS BIGINT) AS target,
    CAST(${hourStartMs} + floor(random() * ${hourMs}) AS BIGINT) AS "labelAtMs", CAST(n AS BIGINT) AS "offset", CAST(n % 6 AS BIGINT) AS "partition",
    ${features.join(', ')} FROM range(${rowCount}) AS numbers(n)`
}
