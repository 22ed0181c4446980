import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parquetMetadata } from 'hyparquet'
import type { Merged, ObjectStore } from '../ports.ts'
import { mapConcurrently } from './concurrency.ts'

/** Objects fetched at a time, and so in memory. */
const fetchesAtOnce = 16

/** The columns that every object of the archive has. */
const envelope = ['partition', 'offset', 'recordedAtMs', 'key', 'value', 'headers']

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
  const missing = envelope.filter(name => columns.every(column => column.name !== name))
  if (missing.length > 0) throw new Error(`no column ${missing.join(', ')}`)
  return columns.map(({ name, type, converted_type }) => `${name} ${type} ${converted_type ?? ''}`).join('\n')
}
