import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { toRecords } from '#functions/adapters/kafka-event.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { toColumns } from '#functions/archive/columns.ts'
import { hourMs } from '#functions/archived/hours.ts'
import { dayKey, manifestKey, smallKey, toName } from '#functions/archived/keys.ts'
import { encodeManifest, parseManifest } from '#functions/archived/manifest.ts'
import { pipeline } from '#models/pipeline.ts'
import type { Bucket } from './bucket.ts'
import { partitionCount, type Scored, toPayload, valuesOf } from './records.ts'

export const archivedTopics = ['events', 'labels', 'predictions', 'feedback'] as const

/** How `archive` cuts an hour of a topic: batches, and the rows of each of a batch's objects, one a partition. */
export interface SmallShape {
  readonly batches: number
  readonly objectRows: number
}

/** The same shape at any rate as a deployment's: batches of a minute, or of 5,000 records. */
export function smallShapeOf(
  rate: number,
  { windowSec, batchSize }: { readonly windowSec: number; readonly batchSize: number },
): SmallShape {
  const batchRows = Math.min(rate * windowSec, batchSize)
  return { batches: Math.ceil((rate * 3_600) / batchRows), objectRows: Math.max(1, Math.round(batchRows / partitionCount)) }
}

const keyOf = (
  topic: string,
  hourStartMs: number,
  place: { readonly batch: number; readonly partition: number; readonly objectRows: number },
) => {
  const { batch, partition, objectRows } = place
  return smallKey(topic, { hourStartMs, partition, firstOffset: batch * objectRows, lastOffset: (batch + 1) * objectRows - 1 })
}

/** Leaves an hour of a topic as `archive` does: one object by its own code, and all others like it, with offsets, times and values of their own. */
export async function leaveSmallHour(
  folder: string,
  suffix: string,
  { hourStartMs, shape, scored }: { readonly hourStartMs: number; readonly shape: SmallShape; readonly scored: Scored },
): Promise<void> {
  const { batches, objectRows } = shape
  const topic = `${pipeline.name}.${suffix}`
  const rows = Array.from({ length: objectRows }, (_, at) => {
    const value = valuesOf[suffix](at * partitionCount, scored)
    return { key: String(at), value: JSON.stringify(value) }
  })
  const records = toRecords(JSON.parse(toPayload(topic, rows, 0, hourStartMs))).map((record, at) => ({
    ...record,
    partition: 0,
    offset: at,
  }))
  const columns = toColumns(pipeline, records)
  const first = path.join(folder, `.first-${suffix}.parquet`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(first, encodeParquet(columns))

  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`CREATE TABLE first AS FROM read_parquet('${first}')`)
  const hasText = (name: string) => columns.some(column => column.name === name && column.type === 'text')
  const numbers = columns.filter(({ name, type }) => type === 'number' && name.startsWith('feature_'))
  const raw = columns.find(({ name }) => name === 'value')?.values.some(value => value !== null)
  for (let batch = 0; batch < batches; batch++) {
    const own = [
      `"offset" + ${batch * objectRows} AS "offset"`,
      `${hourStartMs} + CAST(${batch * objectRows} + "offset" AS BIGINT) * ${hourMs} // ${batches * objectRows} AS "recordedAtMs"`,
      ...(hasText('id') ? [`'flight-of-the-hour-' || "offset" || '-' || ${batch} AS id`] : []),
      ...(raw ? [`encode(decode("value") || ' ' || CAST(random() * 1e12 AS BIGINT)) AS "value"`] : []),
      ...numbers.map(({ name }) => `"${name}" + random() AS "${name}"`),
    ]
    for (let partition = 0; partition < partitionCount; partition++) {
      const file = path.join(folder, keyOf(topic, hourStartMs, { batch, partition, objectRows }))
      mkdirSync(path.dirname(file), { recursive: true })
      const select = `SELECT * REPLACE (CAST(${partition} AS BIGINT) AS "partition", ${own.join(', ')}) FROM first`
      await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet, COMPRESSION snappy)`)
    }
  }
  instance.closeSync()
}

/**
 * Leaves the small objects of hours that are compacted and wait for their grace to end, by their names only: they are listed, and removed
 * unread. Their manifests name them, and their days are not one object yet.
 */
export function leaveReplaced(
  bucket: Bucket,
  suffix: string,
  span: { readonly endMs: number; readonly hours: number; readonly shape: SmallShape },
): void {
  const { endMs, hours, shape } = span
  const topic = `${pipeline.name}.${suffix}`
  for (let hour = 1; hour <= hours; hour++) {
    const hourStartMs = endMs - hour * hourMs
    const key = manifestKey(topic, hourStartMs)
    const stored = bucket.get(key)
    if (!stored) return
    const manifest = parseManifest(stored.body, key)
    const keys = Array.from({ length: shape.batches * partitionCount }, (_, at) => {
      return keyOf(topic, hourStartMs, {
        batch: Math.floor(at / partitionCount),
        partition: at % partitionCount,
        objectRows: shape.objectRows,
      })
    })
    for (const small of keys) bucket.link(`.first-${suffix}.parquet`, small)
    bucket.put(key, Buffer.from(encodeManifest({ ...manifest, inputs: keys.map(toName) })))
  }
  for (let day = 0; day <= 3; day++) bucket.remove(dayKey(topic, endMs - day * 24 * hourMs))
}
