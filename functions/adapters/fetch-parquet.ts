import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parquetMetadata, type SchemaElement } from 'hyparquet'
import type { Merged, ObjectStore } from '../ports.ts'
import { mapConcurrently } from './concurrency.ts'

/** Objects fetched at a time, and so in memory. */
const fetchesAtOnce = 16

/** The columns that every object of the archive has, and their types in Parquet. */
const envelope: Readonly<Record<string, string>> = {
  partition: 'INT64',
  offset: 'INT64',
  recordedAtMs: 'INT64',
  key: 'BYTE_ARRAY',
  value: 'BYTE_ARRAY',
  headers: 'BYTE_ARRAY UTF8',
}

/** An archived object on the function's disk. */
export interface LocalFile {
  readonly file: string
  readonly key: string
  readonly etag: string
  /** Its columns and their types: files of one layout can be read as one table. */
  readonly layout: string
}

/**
 * Brings objects to a folder on the function's disk; those that are no objects of the archive are refused, by what their footers say.
 *
 * @throws Error where one is gone
 */
export async function fetchParquet(
  store: Pick<ObjectStore, 'get'>,
  keys: readonly string[],
  folder: string,
): Promise<{ readonly files: readonly LocalFile[]; readonly refused: Merged['refused'] }> {
  await mkdir(folder)
  const files: LocalFile[] = []
  const refused: Merged['refused'][number][] = []
  await mapConcurrently([...keys.keys()], fetchesAtOnce, async at => {
    const key = keys[at]
    const stored = await store.get(key)
    if (!stored) throw new Error(`${key} was listed and is gone`)
    try {
      const layout = readLayout(stored.body)
      const file = path.join(folder, `${at}.parquet`)
      await writeFile(file, stored.body)
      files.push({ file, key, etag: stored.etag, layout })
    } catch (error) {
      if (isOfSystem(error)) throw error
      refused.push({ key, etag: stored.etag, reason: `${stored.body.length} bytes: ${(error as Error).message}` })
    }
  })
  return { files: files.sort((a, b) => (a.key < b.key ? -1 : 1)), refused }
}

/** A full disk says nothing of the object. */
function isOfSystem(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall !== undefined
}

/** Columns and types by the footer. @throws Error where there is none, or columns of the archive are not there */
function readLayout(body: Uint8Array): string {
  const { schema } = parquetMetadata(new Uint8Array(body).buffer)
  const columns = schema.slice(1)
  const types = new Map(columns.map(column => [column.name, toType(column)]))
  const wrong = Object.entries(envelope).filter(([name, type]) => types.get(name) !== type)
  if (wrong.length > 0) {
    throw new Error(wrong.map(([name, type]) => (types.has(name) ? `column ${name} is no ${type}` : `no column ${name}`)).join(', '))
  }
  return [...types].map(([name, type]) => `${name} ${type}`).join('\n')
}

/** A column's type as it reads: archive's writer leaves out that 64 bits are an integer of 64 bits, DuckDB's does not. */
function toType({ type, converted_type }: SchemaElement): string {
  return converted_type === undefined || converted_type === 'INT_64' ? `${type}` : `${type} ${converted_type}`
}
