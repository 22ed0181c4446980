import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** A bucket whose objects are files: what a year left may be put there as files, and be read as objects. */
export interface Bucket {
  get(key: string): { readonly body: Buffer; readonly etag: string } | undefined
  /** False where the condition does not hold: `*` for nothing there, or the tag of what must be there. */
  put(key: string, body: Buffer, condition?: { readonly noneMatch?: string; readonly match?: string }): boolean
  remove(key: string): void
  /** Up to so many keys under a prefix, in their order, after one of them. */
  list(prefix: string, after: string, atMost: number): { readonly keys: readonly string[]; readonly isCut: boolean }
  /** Gives an object another key too. */
  link(from: string, to: string): void
  keyCount(): number
}

/** Opens a folder as a bucket, with all the files that are in it now. */
export function openBucket(folder: string): Bucket {
  mkdirSync(folder, { recursive: true })
  /** The file of each key: several may share one. */
  const files = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = path.join(entry.parentPath, entry.name)
    files.set(path.relative(folder, file), file)
  }
  let sorted: string[] | undefined
  let written = 0

  const tagOf = (file: string) => {
    const { ino, size } = statSync(file)
    return `"${createHash('md5').update(`${ino} ${size}`).digest('hex')}"` // a file is never written twice
  }
  return {
    get(key) {
      const file = files.get(key)
      return file === undefined ? undefined : { body: readFileSync(file), etag: tagOf(file) }
    },
    put(key, body, { noneMatch, match } = {}) {
      const there = files.get(key)
      if (noneMatch === '*' && there !== undefined) return false
      if (match !== undefined && (there === undefined || tagOf(there) !== match)) return false
      const file = path.join(folder, `.written-${written++}`)
      writeFileSync(file, body)
      if (there === undefined) sorted = undefined
      files.set(key, file)
      return true
    },
    remove(key) {
      if (files.delete(key)) sorted = undefined
    },
    list(prefix, after, atMost) {
      sorted ??= [...files.keys()].sort()
      const keys: string[] = []
      for (let at = firstAfter(sorted, prefix, after); at < sorted.length && sorted[at].startsWith(prefix); at++) {
        if (keys.length === atMost) return { keys, isCut: true }
        keys.push(sorted[at])
      }
      return { keys, isCut: false }
    },
    link(from, to) {
      files.set(to, files.get(from)!)
      sorted = undefined
    },
    keyCount: () => files.size,
  }
}

/** Where the first key stands that is not before the prefix, and after the given one. */
function firstAfter(sorted: readonly string[], prefix: string, after: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] < prefix || sorted[middle] <= after) low = middle + 1
    else high = middle
  }
  return low
}
