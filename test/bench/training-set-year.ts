import { mkdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { hourMs } from '#functions/archived/hours.ts'
import { compactedKey, dayKey, manifestKey, smallKey } from '#functions/archived/keys.ts'
import { type CompactedObject, encodeDay, encodeManifest, type Manifest } from '#functions/archived/manifest.ts'
import { pipeline } from '#models/pipeline.ts'
import { folderStore, linkObject } from './training-set-store.ts'

const topic = `${pipeline.name}.feedback`
const dayMs = 24 * hourMs
/** Rows of an object of 64 to 256 MB: `compact` cuts an hour of more into several. */
const objectRows = 1_000_000
/** Labels come an hour to four after their event. */
const delayMs = { least: hourMs, most: 4 * hourMs }

export interface Year {
  readonly folder: string
  readonly fromMs: number
  readonly toMs: number
  readonly rowsPerSec: number
  /** Hours before this one are never to be read: their objects are links to one of the same size. */
  readonly realFromMs: number
}

/** Writes the compacted hours of a span as `compact` would leave them: objects, manifests, and the days that are over as one object each. */
export async function writeHours({ folder, fromMs, toMs, rowsPerSec, realFromMs }: Year): Promise<void> {
  const store = folderStore(folder)
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const rowCount = Math.round(rowsPerSec * 3_600)
  const write = async (key: string, hourStartMs: number, from: number, rows: number) => {
    mkdirSync(path.join(folder, path.dirname(key)), { recursive: true })
    await connection.run(
      `COPY (${rowsOf(hourStartMs, from, rows, rowCount)}) TO '${path.join(folder, key)}' (FORMAT parquet, COMPRESSION snappy)`,
    )
  }
  const linked = new Map<number, string>() // the one object of so many rows that all hours share
  let day: Manifest[] = []
  for (let hourStartMs = fromMs; hourStartMs < toMs; hourStartMs += hourMs) {
    const objects: CompactedObject[] = []
    for (let at = 0; at * objectRows < rowCount; at++) {
      const key = compactedKey(topic, hourStartMs, { revision: 1, at, claim: 'bench' })
      const rows = Math.min(objectRows, rowCount - at * objectRows)
      if (hourStartMs >= realFromMs) await write(key, hourStartMs, at * objectRows, rows)
      else if (linked.has(rows)) linkObject(folder, linked.get(rows)!, key)
      else {
        await write(key, hourStartMs, at * objectRows, rows)
        linked.set(rows, key)
      }
      objects.push(describe(folder, key, hourStartMs, rows))
    }
    const manifest: Manifest = {
      version: 1,
      topic,
      hourStartMs,
      revision: 1,
      objects,
      inputs: [],
      refused: [],
      closedAtMs: hourStartMs + 2 * hourMs,
    }
    await store.put(manifestKey(topic, hourStartMs), encodeManifest(manifest))
    day.push(manifest)
    if ((hourStartMs + hourMs) % dayMs === 0) {
      await store.put(dayKey(topic, hourStartMs - (hourStartMs % dayMs)), encodeDay({ version: 1, hours: day }))
      day = []
    }
  }
  instance.closeSync()
}

/** Writes the small objects of an hour that is not compacted yet: three a second at most, as `archive` makes them. */
export async function writeTail(
  { folder, rowsPerSec }: Pick<Year, 'folder' | 'rowsPerSec'>,
  hourStartMs: number,
  objectCount: number,
): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const rows = Math.max(1, Math.ceil(rowsPerSec / 3))
  for (let at = 0; at < objectCount; at++) {
    const key = smallKey(topic, { hourStartMs, partition: at % 6, firstOffset: at * rows, lastOffset: (at + 1) * rows - 1 })
    mkdirSync(path.join(folder, path.dirname(key)), { recursive: true })
    await connection.run(
      `COPY (${rowsOf(hourStartMs, at * rows, rows, rows * objectCount)}) TO '${path.join(folder, key)}' (FORMAT parquet, COMPRESSION snappy)`,
    )
  }
  instance.closeSync()
}

function describe(folder: string, key: string, hourStartMs: number, rowCount: number): CompactedObject {
  return {
    key,
    rowCount,
    byteCount: statSync(path.join(folder, key)).size,
    recordedMs: { fromMs: hourStartMs, toMs: hourStartMs + hourMs - 1 },
    eventMs: { fromMs: hourStartMs - delayMs.most, toMs: hourStartMs + hourMs - 1 - delayMs.least },
    labelMs: { fromMs: hourStartMs, toMs: hourStartMs + hourMs - 1 },
    definitions: [pipeline.definition],
    offsets: [{ partition: 0, first: 0, last: rowCount - 1 }],
  }
}

/** Rows in the columns of the archive; every feature is a full double, which hardly compresses, and late flights follow a few of them. */
function rowsOf(hourStartMs: number, from: number, rows: number, rowsAnHour: number): string {
  const numbers = pipeline.features.filter(({ kind }) => kind === 'number').map(({ name }) => `random() * 100 AS "feature_${name}"`)
  const categories = pipeline.features
    .filter(({ kind }) => kind === 'category')
    .map(({ name }) => {
      return `'A' || CAST(floor(random() * random() * ${name === 'weekday' ? 7 : 300}) AS INTEGER) AS "category_${name}"`
    })
  const [first, second] = pipeline.features.filter(({ kind }) => kind === 'number').slice(10)
  return `SELECT * EXCLUDE (chance), CAST(random() < chance AS BIGINT) AS target, "recordedAtMs" AS "labelAtMs", 0 AS "labelPartition", n AS "labelOffset" FROM (
    SELECT *, 0.05 + "feature_${first.name}" / 250 + CASE WHEN "feature_${second.name}" > 60 THEN 0.25 ELSE 0 END AS chance FROM (
      SELECT CAST(n % 6 AS BIGINT) AS "partition", CAST(${hourStartMs} + n AS BIGINT) AS "offset", CAST(${hourStartMs} + n * ${hourMs} // ${rowsAnHour} AS BIGINT) AS "recordedAtMs",
        CAST(n AS VARCHAR)::BLOB AS "key", NULL::BLOB AS "value", NULL::VARCHAR AS headers,
        'flight-' || ${hourStartMs} || '-' || n AS id, CAST("recordedAtMs" - ${delayMs.least} - floor(random() * ${delayMs.most - delayMs.least}) AS BIGINT) AS "atMs",
        random() AS score, 'none' AS decision, '20260101T0000-0123abcd' AS model, 'champion' AS arm, NULL::VARCHAR AS shadows,
        '${pipeline.definition}' AS definition, "recordedAtMs" AS "scoredAtMs", 'flights.events' AS "sourceTopic", n % 6 AS "sourcePartition", n AS "sourceOffset",
        ${[...numbers, ...categories].join(', ')}, n
      FROM range(${from}, ${from + rows}) AS numbers(n)))`
}
