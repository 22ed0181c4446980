import type { LocalDatabase, ObjectStore } from '../ports.ts'

/** Objects fetched at a time, and so in memory: many small ones, or one that is compacted. */
const fetchesAtOnce = 16

/** Brings objects to the disk; gives their paths. @throws Error for one that was listed and is gone: the next run finds its rows elsewhere */
export async function fetchFiles(
  { store, database }: { readonly store: Pick<ObjectStore, 'get'>; readonly database: LocalDatabase },
  keys: readonly string[],
  names: readonly string[],
): Promise<string[]> {
  const files: string[] = []
  for (let from = 0; from < keys.length; from += fetchesAtOnce) {
    const fetched = keys.slice(from, from + fetchesAtOnce).map(async (key, at) => {
      const object = await store.get(key)
      if (!object) throw new Error(`${key} was listed and is gone`)
      return database.writeFile(names[from + at], object.body)
    })
    files.push(...(await Promise.all(fetched)))
  }
  return files
}
