import { memoryStore } from '#functions/adapters/memory-store.ts'
import { hourMs } from '#functions/archived/hours.ts'
import { compactedHour, isManifestKey, smallKey } from '#functions/archived/keys.ts'
import { listHours } from '#functions/archived/list-hours.ts'
import { type CompactPorts, makeCompact } from '#functions/compact/compact.ts'
import { compactTimes } from '#functions/compact/times.ts'
import type { CountRows, MergeObjects, RemovingStore } from '#functions/ports.ts'

export const topic = 'flights.events'
export const hourStartMs = Date.UTC(2026, 10, 23, 5)

/** An archive of objects that hold offsets of partition 0 as a list in JSON, and its compactor; objects that are no such list are refused. */
export function openArchive() {
  const store = memoryStore()
  let [nowMs, claims] = [hourStartMs + 2 * hourMs, 0]
  const failures: string[] = []
  const readOffsets = async (key: string) => JSON.parse(Buffer.from((await store.get(key))!.body).toString()) as number[]
  const ports: CompactPorts = {
    topics: [topic],
    store,
    merge: mergeLists(store),
    countRows: body => tryToCount(body),
    makeClaim: () => `c${claims++}`,
    nowMs: () => nowMs,
    clockMs: () => 0,
    times: compactTimes,
    onFailure: (_topic, _hour, error) => void failures.push((error as Error).message),
  }
  const smallOf = (first: number, last: number, hour = 0) =>
    smallKey(topic, { hourStartMs: hourStartMs + hour * hourMs, partition: 0, firstOffset: first, lastOffset: last })
  return {
    store,
    ports,
    failures,
    smallOf,
    /** Archives the offsets from `first` to `last`, as a small object of the hour that many after the first. */
    async archive(first: number, last: number, hour = 0) {
      const offsets = Array.from({ length: last - first + 1 }, (_, at) => first + at)
      await store.put(smallOf(first, last, hour), Buffer.from(JSON.stringify(offsets)))
    },
    compact: (changes: Partial<CompactPorts> = {}) => makeCompact({ ...ports, ...changes })(),
    pass: (ms: number) => {
      nowMs += ms
    },
    /** What a reader finds of an hour, in its order, repeats included. */
    async read(hour = 0) {
      const found = (await listHours(store, topic)).find(each => each.hourStartMs === hourStartMs + hour * hourMs)
      const keys = [...(found?.manifest?.objects ?? []).map(({ key }) => key), ...(found?.tail ?? [])]
      return (await Promise.all(keys.map(readOffsets))).flat()
    },
    async manifest(hour = 0) {
      return (await listHours(store, topic)).find(each => each.hourStartMs === hourStartMs + hour * hourMs)?.manifest
    },
    small: async () => await store.list(`${topic}/`),
    compacted: async (hour = 0) => (await store.list(compactedHour(topic, hourStartMs + hour * hourMs))).filter(key => !isManifestKey(key)),
  }
}

function mergeLists(store: RemovingStore): MergeObjects {
  return async (keys, take) => {
    const offsets = new Set<number>()
    const refused = []
    let readCount = 0
    for (const key of keys) {
      const stored = await store.get(key)
      if (!stored) throw new Error(`${key} was listed and is gone`)
      const list = tryToParse(stored.body)
      if (!list) refused.push({ key, etag: stored.etag, reason: 'no list' })
      for (const offset of list ?? []) offsets.add(offset)
      readCount += list?.length ?? 0
    }
    if (offsets.size > 0) {
      const sorted = [...offsets].sort((a, b) => a - b)
      const body = Buffer.from(JSON.stringify(sorted))
      const recordedMs = { fromMs: hourStartMs, toMs: hourStartMs }
      await take({ body, rowCount: sorted.length, recordedMs, offsets: [{ partition: 0, first: sorted[0], last: sorted.at(-1)! }] })
    }
    return { refused, repeatCount: readCount - offsets.size }
  }
}

const tryToCount: CountRows = body => tryToParse(body)?.length

function tryToParse(body: Uint8Array): number[] | undefined {
  try {
    return JSON.parse(Buffer.from(body).toString()) as number[]
  } catch {
    return undefined
  }
}
