import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { ArchiveRow } from '#functions/archive/prediction-row.ts'
import type { KafkaRecord, ObjectStore } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'

const hourMs = 3_600_000

/** Decoded rows kept at a time, some 200 MB: a replay goes through all partitions side by side, so their objects are wanted again. */
const rowsKept = 100_000

/** The archive of one pipeline, read object by object. */
export interface ArchiveReader {
  /** Keys of a topic's objects whose records arrived in the hour (UTC) that begins then. */
  listHour(topic: string, hourStartMs: number): Promise<readonly string[]>
  /** Keys of all of a topic's objects, in the order of their hours. */
  listTopic(topic: string): Promise<readonly string[]>
  /** All rows of an object; the latest objects are kept, so that a batch does not fetch them again. */
  read(key: string): Promise<readonly ArchiveRow[]>
}

/**
 * Reads what the step `archive` wrote.
 *
 * @throws FILE_INVALID from `read` where the object is gone or is not whole Parquet
 */
export function makeArchiveReader(store: Pick<ObjectStore, 'get' | 'list'>): ArchiveReader {
  const kept = new Map<string, readonly ArchiveRow[]>() // in the order of use: the first is the one unused for longest
  let rowCount = 0
  const forget = (key: string) => {
    rowCount -= kept.get(key)?.length ?? 0
    kept.delete(key)
  }
  return {
    listHour: (topic, hourStartMs) => store.list(`${topic}/${toHourPath(hourStartMs)}/`),
    listTopic: topic => store.list(`${topic}/`),
    async read(key) {
      const rows = kept.get(key) ?? (await decodeObject(store, key))
      forget(key)
      kept.set(key, rows)
      rowCount += rows.length
      while (rowCount > rowsKept && kept.size > 1) forget(kept.keys().next().value!)
      return rows
    },
  }
}

/** The start of the hour that a clock time is in. */
export function toHourStart(ms: number): number {
  return Math.floor(ms / hourMs) * hourMs
}

/** The starts of the hours from the one of `fromMs` to the one before `toMs` is reached. */
export function toHours(fromMs: number, toMs: number): number[] {
  const hours: number[] = []
  for (let at = toHourStart(fromMs); at < toMs; at += hourMs) hours.push(at)
  return hours
}

/** @example toHourPath(Date.UTC(2026, 10, 23, 5)) // 'date=2026-11-23/hour=05' */
function toHourPath(hourStartMs: number): string {
  const [date, time] = new Date(hourStartMs).toISOString().split('T')
  return `date=${date}/hour=${time.slice(0, 2)}`
}

async function decodeObject(store: Pick<ObjectStore, 'get'>, key: string): Promise<readonly ArchiveRow[]> {
  const stored = await store.get(key)
  if (!stored) throw new MillraceError('FILE_INVALID', `archive object ${key} was listed and is gone; run the replay again`)
  try {
    const file = new Uint8Array(stored.body).buffer
    return await parquetReadObjects({ file, compressors, utf8: false })
  } catch (cause) {
    const message = `archive object ${key} cannot be read (${stored.body.length} bytes: ${(cause as Error).message}); restore it from the bucket's versions, or choose another slice`
    throw new MillraceError('FILE_INVALID', message, { cause })
  }
}

/** The record that was archived as this row, byte for byte. */
export function toKafkaRecord(topic: string, row: ArchiveRow): KafkaRecord {
  const headers = row.headers ? (JSON.parse(toText(row.headers)) as [string, string][]) : []
  return {
    topic,
    partition: Number(row.partition),
    offset: Number(row.offset),
    recordedAtMs: Number(row.recordedAtMs),
    key: toBuffer(row.key),
    value: toBuffer(row.value),
    headers: headers.map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  }
}

function toBuffer(bytes: unknown): Buffer | null {
  return bytes instanceof Uint8Array ? Buffer.from(bytes) : null
}

/** A text column's value, which the reader may give as bytes. */
function toText(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : String(value)
}
