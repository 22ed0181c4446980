import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { ArchiveRow } from '#functions/archive/prediction-row.ts'
import type { Span } from '#functions/archived/hours.ts'
import { type ArchivedHour, type ArchiveStore, listHours } from '#functions/archived/list-hours.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'
import { makeRecentlyUsed } from './recently-used.ts'

/** Decoded rows kept at a time, some 200 MB: a replay goes through all partitions side by side, so their objects are wanted again. */
const rowsKept = 100_000

/** Bytes of whole objects kept at a time: rows of a large one are decoded group by group, as they are wanted. */
const bytesKept = 256_000_000

/** The place of an archived row: which object, which row of it. */
export interface RowPlace {
  readonly key: string
  readonly row: number
}

/** Rows of an object that were decoded together, and the place of the first. */
export interface RowGroup {
  readonly firstRow: number
  readonly rows: readonly ArchiveRow[]
}

/** The archive of one pipeline: hours, their objects, and the rows of these. Rows may repeat; a reader keeps one for each (partition, offset). */
export interface ArchiveReader {
  /** The hours of a topic, in their order; of a span those that it touches. */
  listHours(topic: string, span?: Span): Promise<readonly ArchivedHour[]>
  /** All rows of an object in their order, a part at a time. */
  groups(key: string): AsyncGenerator<RowGroup>
  /** One row; what was decoded last is kept, so that a batch does not do it again. */
  rowAt(place: RowPlace): Promise<ArchiveRow>
  /** Partition and offset of each row of an object, without its other columns. */
  places(key: string): Promise<readonly { readonly partition: number; readonly offset: number }[]>
}

interface OpenObject {
  readonly file: ArrayBuffer
  readonly metadata: FileMetaData
  /** The first row of each group, and after the last the number of rows. */
  readonly starts: readonly number[]
}

/**
 * Reads what the steps `archive` and `compact` wrote.
 *
 * @throws FILE_INVALID where an object is gone or is not whole Parquet
 */
export function makeArchiveReader(store: ArchiveStore): ArchiveReader {
  const opened = makeRecentlyUsed<OpenObject>(bytesKept, ({ file }) => file.byteLength)
  const decoded = makeRecentlyUsed<readonly ArchiveRow[]>(rowsKept, rows => rows.length)
  const open = (key: string) => opened.get(key, () => openObject(store, key))
  const readGroup = async (key: string, group: number, object: OpenObject) =>
    await decoded.get(`${key} ${group}`, () => decode(key, object, { rowStart: object.starts[group], rowEnd: object.starts[group + 1] }))
  return {
    listHours: (topic, span) => listHours(store, topic, span),
    async *groups(key) {
      const object = await open(key)
      for (let group = 0; group + 1 < object.starts.length; group++) {
        yield { firstRow: object.starts[group], rows: await readGroup(key, group, object) }
      }
    },
    async rowAt({ key, row }) {
      const object = await open(key)
      const group = object.starts.findLastIndex(start => start <= row)
      return (await readGroup(key, group, object))[row - object.starts[group]]
    },
    async places(key) {
      const rows = await decode(key, await open(key), { columns: ['partition', 'offset'] })
      return rows.map(({ partition, offset }) => ({ partition: Number(partition), offset: Number(offset) }))
    },
  }
}

/** Keys of the objects of an hour that may hold records of the span: of the compacted ones those whose times say so, and the tail. */
export function objectsOf({ manifest, tail }: ArchivedHour, { fromMs, toMs }: Span): string[] {
  const compacted = (manifest?.objects ?? []).filter(({ recordedMs }) => recordedMs.fromMs < toMs && recordedMs.toMs >= fromMs)
  return [...compacted.map(({ key }) => key), ...tail]
}

async function openObject(store: Pick<ArchiveStore, 'get'>, key: string): Promise<OpenObject> {
  const stored = await store.get(key)
  if (!stored) throw new MillraceError('FILE_INVALID', `archive object ${key} was listed and is gone; run it again`)
  try {
    const file = new Uint8Array(stored.body).buffer
    const metadata = parquetMetadata(file)
    const starts = [0]
    for (const { num_rows } of metadata.row_groups) starts.push(starts[starts.length - 1] + Number(num_rows))
    return { file, metadata, starts }
  } catch (cause) {
    throw toUnreadable(key, stored.body.length, cause)
  }
}

async function decode(
  key: string,
  { file, metadata }: OpenObject,
  part: { readonly rowStart?: number; readonly rowEnd?: number; readonly columns?: string[] },
): Promise<readonly ArchiveRow[]> {
  try {
    return await parquetReadObjects({ file, metadata, compressors, utf8: false, ...part })
  } catch (cause) {
    throw toUnreadable(key, file.byteLength, cause)
  }
}

function toUnreadable(key: string, byteCount: number, cause: unknown): MillraceError {
  const message = `archive object ${key} cannot be read (${byteCount} bytes: ${(cause as Error).message}); restore it from the bucket's versions, or choose another slice`
  return new MillraceError('FILE_INVALID', message, { cause })
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
