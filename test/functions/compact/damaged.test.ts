import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hourMs } from '#functions/archived/hours.ts'
import { compactedKey, manifestKey } from '#functions/archived/keys.ts'
import { encodeManifest } from '#functions/archived/manifest.ts'
import { hourStartMs, openArchive, topic } from './open-archive.ts'

const key = manifestKey(topic, hourStartMs)
const upTo = (last: number) => Array.from({ length: last + 1 }, (_, at) => at)

describe('compact, where something of an hour is damaged', () => {
  it('writes a manifest anew that is cut, from all that the hour holds', async () => {
    const { archive, compact, read, pass, store, ports } = openArchive()
    await archive(0, 4)
    await compact()
    pass(ports.times.graceMs)
    await compact()
    await archive(5, 9)
    await store.put(key, (await store.get(key))!.body.subarray(0, 50))
    await assert.rejects(read(), { code: 'FILE_INVALID' })
    assert.equal((await compact()).mendedHours, 1)
    assert.deepEqual(await read(), upTo(9))
  })
  it('writes a manifest anew that is gone, from all that the hour holds, though nothing small is left', async () => {
    const { archive, compact, read, pass, store, ports } = openArchive()
    for (const hour of [0, 60]) await archive(hour * 10, hour * 10 + 4, hour)
    pass(60 * hourMs)
    await compact()
    pass(ports.times.graceMs)
    await compact()
    await store.remove([manifestKey(topic, hourStartMs + 60 * hourMs)])
    await assert.rejects(read(60), /hour=17\/_manifest.json is gone; the step compact writes it anew/)
    assert.equal((await compact()).mendedHours, 1)
    assert.deepEqual(await read(60), [600, 601, 602, 603, 604])
  })
  it('says so where a manifest is cut and nothing else of its hour is there, and writes none', async () => {
    const { archive, compact, pass, store, compacted, failures, ports } = openArchive()
    await archive(0, 4)
    await compact()
    pass(ports.times.graceMs)
    await compact()
    await store.put(key, Buffer.from('{'))
    await store.remove(await compacted())
    assert.equal((await compact()).failedHours, 1)
    assert.match(failures[0], /_manifest.json is cut and nothing of its hour is there; restore both/)
    assert.equal(Buffer.from((await store.get(key))!.body).toString(), '{')
  })
  it('takes the manifest of another hour for one that is cut', async () => {
    const { archive, compact, read, store } = openArchive()
    for (const hour of [0, 1]) await archive(hour * 10, hour * 10 + 4, hour)
    await compact({ nowMs: () => hourStartMs + 5 * hourMs })
    await store.put(key, (await store.get(manifestKey(topic, hourStartMs + hourMs)))!.body)
    await assert.rejects(read(), /is no manifest of its hour/)
    assert.equal((await compact({ nowMs: () => hourStartMs + 7 * hourMs })).mendedHours, 1)
    assert.deepEqual(await read(), upTo(4))
  })
  it('writes no manifest that a reader would refuse', async () => {
    const { archive, compact, failures, ports, manifest } = openArchive()
    await archive(0, 4)
    const merge: typeof ports.merge = (keys, take) => ports.merge(keys, merged => take({ ...merged, recordedMs: undefined as never }))
    assert.equal((await compact({ merge })).failedHours, 1)
    assert.match(failures[0], /is no manifest of its hour .*recordedMs/s)
    assert.equal(await manifest(), undefined)
  })
  it('removes nothing where a compacted object is not whole, and says so', async () => {
    const { archive, compact, pass, store, small, compacted, failures, ports } = openArchive()
    await archive(0, 4)
    await compact()
    const [object] = await compacted()
    await store.put(object, (await store.get(object))!.body.subarray(0, 5))
    pass(ports.times.graceMs)
    assert.equal((await compact()).failedHours, 1)
    assert.match(failures[0], /must hold 5 rows in 11 bytes, got no rows in 5 bytes; restore it from the bucket's versions/)
    assert.equal((await small()).length, 1)
  })
  it('touches nothing of an hour whose compacted object is gone, and goes on with the others', async () => {
    const { archive, compact, pass, store, small, compacted, failures, ports } = openArchive()
    await archive(0, 4)
    await compact()
    await store.remove(await compacted())
    pass(ports.times.graceMs)
    await archive(10, 14, 1)
    const { failedHours, missingObjects, closedHours } = await compact()
    assert.deepEqual([failedHours, missingObjects, closedHours], [1, 1, 1])
    assert.match(failures[0], /is named by its hour and is gone; restore it/)
    assert.equal((await small()).length, 2)
  })
  it('writes nothing where an object that the manifest names cannot be read, and goes on once it is restored', async () => {
    const { archive, compact, read, pass, store, compacted, failures, ports } = openArchive()
    await archive(0, 4)
    await compact()
    const [object] = await compacted()
    const { body } = (await store.get(object))!
    await store.put(object, Buffer.from('[0'))
    await archive(5, 9)
    pass(ports.times.pauseMs)
    assert.equal((await compact()).failedHours, 1)
    assert.match(failures[0], /000001-000-c0.parquet cannot be read \(no list\); restore it from the bucket's versions/)
    await store.put(object, body)
    assert.equal((await compact()).reclosedHours, 1)
    assert.deepEqual(await read(), upTo(9))
  })
  it('leaves what another run has written for the next revision and is about to name', async () => {
    const { archive, compact, pass, store, compacted, ports } = openArchive()
    await archive(0, 4)
    await compact()
    const next = compactedKey(topic, hourStartMs, { revision: 2, at: 0, claim: 'other' })
    const killed = compactedKey(topic, hourStartMs, { revision: 1, at: 0, claim: 'killed' })
    for (const written of [next, killed]) await store.put(written, Buffer.from('[0,1,2,3,4]'))
    pass(ports.times.graceMs)
    await compact()
    assert.deepEqual((await compacted()).includes(next), true)
    assert.deepEqual((await compacted()).includes(killed), false)
  })
  for (const [what, change] of [
    ['rows', { rowCount: 4 }],
    ['bytes', { byteCount: 12 }],
  ] as const) {
    it(`removes nothing where a compacted object has other ${what} than its manifest says`, async () => {
      const { archive, compact, pass, store, small, ports, manifest } = openArchive()
      await archive(0, 4)
      await compact()
      const own = (await manifest())!
      await store.put(key, encodeManifest({ ...own, objects: [{ ...own.objects[0], ...change }] }))
      pass(ports.times.graceMs)
      assert.equal((await compact()).failedHours, 1)
      assert.equal((await small()).length, 1)
    })
  }
})
