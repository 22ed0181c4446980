import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { hourMs } from '#functions/archived/hours.ts'
import { compactedKey, dayKey, manifestKey, smallKey } from '#functions/archived/keys.ts'
import { type ArchiveStore, listHours } from '#functions/archived/list-hours.ts'
import { encodeDay, encodeManifest, type Manifest } from '#functions/archived/manifest.ts'
import type { KeySpan } from '#functions/ports.ts'

const topic = 'flights.feedback'
const day = Date.UTC(2026, 10, 23)
const at = (hour: number) => day + hour * hourMs
const small = (hour: number, partition: number) => smallKey(topic, { hourStartMs: at(hour), partition, firstOffset: 0, lastOffset: 9 })
const large = (hour: number, revision = 1) => compactedKey(topic, at(hour), { revision, at: 0, claim: 'c' })

function toManifest(hour: number, changes: Partial<Manifest> = {}): Manifest {
  const { revision = 1 } = changes
  const times = { fromMs: at(hour), toMs: at(hour) }
  const object = {
    key: large(hour, revision),
    rowCount: 1,
    byteCount: 1,
    recordedMs: times,
    offsets: [{ partition: 0, first: 0, last: 9 }],
  }
  return { version: 1, topic, hourStartMs: at(hour), revision, objects: [object], inputs: [], refused: [], closedAtMs: 0, ...changes }
}

/** A store that holds these keys and manifests, and notes what is asked of it. */
async function open(keys: readonly string[], manifests: readonly Manifest[] = []) {
  const store = memoryStore()
  for (const key of keys) await store.put(key, Buffer.from(key))
  for (const manifest of manifests) {
    for (const { key } of manifest.objects) await store.put(key, Buffer.from(key))
    await store.put(manifestKey(topic, manifest.hourStartMs), encodeManifest(manifest))
  }
  const gets: string[] = []
  const lists: (readonly [string, KeySpan | undefined])[] = []
  const noted: ArchiveStore = {
    get: key => {
      gets.push(key)
      return store.get(key)
    },
    list: (prefix, span) => {
      lists.push([prefix, span])
      return store.list(prefix, span)
    },
  }
  return { store, noted, gets, lists }
}

describe('listHours', () => {
  it('gives small objects alone where nothing is compacted, hours in their order', async () => {
    const { noted } = await open([small(6, 1), small(5, 0), small(6, 0), `${topic}/date=2026-11-23/hour=05/notes.txt`, `${topic}/readme`])
    assert.deepEqual(await listHours(noted, topic), [
      { topic, hourStartMs: at(5), tail: [small(5, 0)] },
      { topic, hourStartMs: at(6), tail: [small(6, 0), small(6, 1)] },
    ])
  })
  it('rejects an hour whose objects are gone while those of hours closed days before are there: they have not expired', async () => {
    const { store, noted } = await open([], [toManifest(5), toManifest(80, { closedAtMs: 3 * 24 * hourMs })])
    await store.remove([large(80)])
    await assert.rejects(listHours(noted, topic), /000001-000-c.parquet is named by its hour and is gone; restore it/)
    await store.remove([large(5)])
    assert.deepEqual(await listHours(noted, topic), [])
  })
  it('passes over keys of no hour of any day', async () => {
    const { noted } = await open([
      small(5, 0),
      `${topic}/date=2026-11-23/hour=25/0-0-9.parquet`,
      `${topic}/date=2026-13-45/hour=05/0-0-9.parquet`,
    ])
    assert.deepEqual((await listHours(noted, topic)).length, 1)
  })
  it('leaves out of the tail what the manifest names, as read or as refused', async () => {
    const manifest = toManifest(5, { inputs: ['0-0-9.parquet'], refused: [{ name: '1-0-9.parquet', etag: 'e', reason: 'cut' }] })
    const { noted } = await open([small(5, 0), small(5, 1), small(5, 2)], [manifest])
    assert.deepEqual(await listHours(noted, topic), [{ topic, hourStartMs: at(5), manifest, tail: [small(5, 2)] }])
  })
  it('keeps to the hours that the span touches, and asks for no others', async () => {
    const { noted, lists } = await open(
      [4, 5, 6, 7].map(hour => small(hour, 0)),
      [toManifest(4), toManifest(6), toManifest(7)],
    )
    const hours = await listHours(noted, topic, { fromMs: at(5) + 1, toMs: at(6) + 1 })
    assert.deepEqual(
      hours.map(({ hourStartMs }) => hourStartMs),
      [at(5), at(6)],
    )
    assert.deepEqual(lists, [
      [`${topic}/`, { after: `${topic}/date=2026-11-23/hour=05/`, before: `${topic}/date=2026-11-23/hour=07/` }],
      [
        `compacted/${topic}/date=`,
        { after: `compacted/${topic}/date=2026-11-23/hour=05/`, before: `compacted/${topic}/date=2026-11-23/hour=07/` },
      ],
      [`compacted/${topic}/_days/`, { after: `compacted/${topic}/_days/2026-11-23`, before: `compacted/${topic}/_days/2026-11-24` }],
    ])
  })
  it('leaves out the hour that begins where the span ends', async () => {
    const { noted } = await open([small(5, 0), small(6, 0)])
    assert.equal((await listHours(noted, topic, { fromMs: at(5), toMs: at(6) })).length, 1)
  })
  it('reads the manifests of a day in one request where there is one object of them', async () => {
    const manifests = Array.from({ length: 24 }, (_, hour) => toManifest(hour))
    const { store, noted, gets } = await open([], manifests)
    await store.put(dayKey(topic, day), encodeDay({ version: 1, hours: manifests }))
    assert.deepEqual(
      (await listHours(noted, topic)).map(({ manifest }) => manifest),
      manifests,
    )
    assert.deepEqual(gets, [dayKey(topic, day)])
  })
  it('reads the hours themselves where the object of their day is cut', async () => {
    const manifests = [toManifest(5), toManifest(6)]
    const { store, noted } = await open([], manifests)
    await store.put(dayKey(topic, day), encodeDay({ version: 1, hours: manifests }).subarray(0, 99))
    assert.deepEqual(
      (await listHours(noted, topic)).map(({ manifest }) => manifest),
      manifests,
    )
  })
  it('takes the hour itself where the day names objects that are gone', async () => {
    const { store, noted } = await open([], [toManifest(5, { revision: 2 })])
    await store.put(dayKey(topic, day), encodeDay({ version: 1, hours: [toManifest(5)] }))
    assert.equal((await listHours(noted, topic))[0].manifest!.revision, 2)
  })
  it('passes over an hour whose objects have expired before its manifest', async () => {
    const { store, noted } = await open([manifestKey(topic, at(5))])
    await store.put(manifestKey(topic, at(5)), encodeManifest(toManifest(5)))
    assert.deepEqual(await listHours(noted, topic), [])
  })
  it('finds a revision that is written while it reads', async () => {
    const { store, noted } = await open([], [toManifest(5)])
    const racing: ArchiveStore = {
      get: noted.get,
      list: async (prefix, span) => {
        const keys = await store.list(prefix, span)
        if (prefix === `compacted/${topic}/date=`) {
          await store.put(large(5, 2), Buffer.from('2'))
          await store.put(manifestKey(topic, at(5)), encodeManifest(toManifest(5, { revision: 2 })))
        }
        return keys
      },
    }
    assert.equal((await listHours(racing, topic))[0].manifest!.revision, 2)
  })
  it('rejects a manifest that is cut, and says who mends it', async () => {
    const { store, noted } = await open([small(5, 0)], [toManifest(5)])
    await store.put(manifestKey(topic, at(5)), encodeManifest(toManifest(5)).subarray(0, 40))
    await assert.rejects(listHours(noted, topic), {
      code: 'FILE_INVALID',
      message: /hour=05\/_manifest\.json is no manifest of its hour \(40 bytes: .*\); the step compact writes it anew at its next run/,
    })
  })
})
