import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ObjectStore } from '#functions/ports.ts'

/** What was asked of a store. */
export interface StoreCounts {
  listings: number
  /** Objects read, by the first part of their key. */
  gets: Record<string, number>
  readBytes: number
  puts: number
  writtenBytes: number
}

/** A folder as a bucket that counts what is asked of it. Conditional writes are left out: the archive has none. */
export function folderStore(folder: string): Pick<ObjectStore, 'get' | 'list' | 'put'> & { readonly counts: StoreCounts } {
  const counts: StoreCounts = { listings: 0, gets: {}, readBytes: 0, puts: 0, writtenBytes: 0 }
  return {
    counts,
    async get(key) {
      try {
        const body = readFileSync(path.join(folder, key))
        const top = key.split('/')[0]
        counts.gets[top] = (counts.gets[top] ?? 0) + 1
        counts.readBytes += body.length
        return { body, etag: 'none' }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    async put(key, body) {
      mkdirSync(path.join(folder, path.dirname(key)), { recursive: true })
      writeFileSync(path.join(folder, key), body)
      counts.puts++
      counts.writtenBytes += body.length
    },
    async list(prefix, { after = '', before } = {}) {
      counts.listings++
      const isListed = (key: string) => key.startsWith(prefix) && key > after && (before === undefined || key < before)
      return filesUnder(folder, path.posix.dirname(`${prefix}x`))
        .filter(isListed)
        .sort()
    },
  }
}

function filesUnder(folder: string, under: string): string[] {
  try {
    const entries = readdirSync(path.join(folder, under), { recursive: true, withFileTypes: true })
    return entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Gives an object another key too, without writing it again. */
export function linkObject(folder: string, from: string, to: string): void {
  mkdirSync(path.join(folder, path.dirname(to)), { recursive: true })
  linkSync(path.join(folder, from), path.join(folder, to))
}
