import { createHash } from 'node:crypto'
import type { RemovingStore, StoredObject } from '../ports.ts'

/** An object store in memory, with S3's conditions; for tests and for runs without a cloud. */
export function memoryStore(): RemovingStore {
  const objects = new Map<string, StoredObject>()
  const write = (key: string, body: Uint8Array) => {
    objects.set(key, { body: Uint8Array.from(body), etag: createHash('md5').update(body).digest('hex') })
  }
  return {
    get: async key => objects.get(key),
    put: async (key, body) => write(key, body),
    putIf: async (key, body, etag) => {
      if ((objects.get(key)?.etag ?? null) !== etag) return false
      write(key, body)
      return true
    },
    list: async (prefix, { after = '', before } = {}) => {
      const isInSpan = (key: string) => key > after && (before === undefined || key < before)
      return [...objects.keys()].filter(key => key.startsWith(prefix) && isInSpan(key)).sort()
    },
    remove: async keys => {
      for (const key of keys) objects.delete(key)
    },
  }
}
