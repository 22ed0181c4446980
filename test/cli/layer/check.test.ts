import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { duckdbMerge } from '#functions/adapters/duckdb-merge.ts'
import { compactedKey, manifestKey, toName } from '#functions/archived/keys.ts'
import { type CompactedObject, encodeManifest } from '#functions/archived/manifest.ts'
import { freezeLayer, unfreezeLayer } from '#functions/layer/freeze.ts'
import { resetLayer } from '#functions/layer/reset.ts'
import { decodeState, encodeState, startState } from '#functions/layer/state.ts'
import { listSnapshots, writeState } from '#functions/layer/store.ts'
import { pipeline } from '#models/pipeline.ts'
import { checkLayer } from '../../../cli/layer/check.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { learntAtMs, makeFeedbackRecord, openLayerOf, records, stateKey, topic } from './adapted.ts'

/** A layer that has learnt all records, and an archive that holds those that `isKept` says. */
async function openChecked(isKept: (at: number) => boolean = () => true) {
  const layer = openLayerOf()
  await layer.learn()
  await layer.keep(records.filter((_, at) => isKept(at)))
  return layer
}

describe('checkLayer', () => {
  it('is the same to the bit over all chapters where the archive holds what was learnt', async () => {
    const { check } = await openChecked()
    const { isSame, missing, versions, labels, records: read, chapters, notArchived, unknownBefore } = await check()
    assert.deepEqual([isSame, missing, versions, labels, read, notArchived, unknownBefore], [true, [], 9, 60, 60, 0, null])
    assert.deepEqual(
      chapters.map(({ from, to, versions, labels, isSame }) => [from, to, versions, labels, isSame]),
      [[null, 4, 4, 28, true], [4, 9, 5, 32, true]], // biome-ignore format: a table
    )
  })
  it('reads a record once, whichever objects hold it: of a compacted hour, of its tail, of batches that were cut differently', async () => {
    const { archive, keep, learn, check } = openLayerOf()
    await learn()
    await keep(records.slice(0, 40))
    const small = await archive.list(`${topic}/`)
    const objects: CompactedObject[] = []
    await duckdbMerge(archive)(small, async ({ body, ...known }) => {
      const key = compactedKey(topic, 0, { revision: 1, at: objects.length, claim: 'c0' })
      await archive.put(key, body)
      objects.push({ key, byteCount: body.byteLength, ...known })
    })
    await archive.remove(small)
    const inputs = small.map(toName)
    const manifest = { topic, hourStartMs: 0, revision: 1, objects, inputs, refused: [], closedAtMs: 1 }
    await archive.put(manifestKey(topic, 0), encodeManifest({ version: 1, ...manifest }))
    await keep(records.slice(30, 60))
    await keep(records.slice(35, 50))
    const { isSame, missing, records: read } = await check()
    assert.deepEqual([isSame, missing, read], [true, [], 60])
  })
  it('leaves out what the layer had left out: labels that repeat others, feedback of another definition, what is none', async () => {
    const { keep, learn, check } = openLayerOf()
    const mixed = [
      ...records.slice(0, 9),
      makeFeedbackRecord(0, {}, { partition: 0, offset: 30, recordedAtMs: 1_100 }),
      makeFeedbackRecord(70, { definition: 'other' }, { partition: 0, offset: 31, recordedAtMs: 1_101 }),
      makeRecord(Buffer.from('{'), { topic, partition: 1, offset: 30, recordedAtMs: 1_102 }),
      makeFeedbackRecord(71, {}, { partition: 1, offset: 31, recordedAtMs: 1_103 }),
    ]
    await learn(mixed, 20)
    await keep(mixed)
    const { isSame, labels, missing } = await check()
    assert.deepEqual([isSame, labels, missing], [true, 10, []])
  })
  it('finds a state in which one number was changed', async () => {
    const { check, state, replace } = await openChecked()
    const numbers = (await state()).numbers.slice()
    numbers[100] += 1e-9
    await replace({ numbers })
    const { isSame, chapters, missing } = await check()
    assert.deepEqual([isSame, chapters.map(({ isSame }) => isSame), missing], [false, [true, false], []])
  })
  it('finds a state in which a total was changed', async () => {
    const { check, state, replace } = await openChecked()
    const { totals } = await state()
    await replace({ totals: { ...totals, layer: totals.layer + 1e-9 } })
    assert.equal((await check()).isSame, false)
  })
  it('finds a snapshot in which one number was changed', async () => {
    const { check, models } = await openChecked()
    const [key] = await models.list('layers/flights/snapshots/')
    const snapshot = decodeState((await models.get(key))!.body, key)
    snapshot.numbers[100] += 1e-9
    await models.put(key, encodeState(snapshot))
    assert.deepEqual(
      (await check()).chapters.map(({ isSame }) => isSame),
      [false, false],
    )
  })
  it('names a record that the archive lacks, and is not the same without it', async () => {
    const { check } = await openChecked(at => at !== 22)
    const { isSame, missing, chapters } = await check()
    assert.deepEqual([isSame, missing], [false, [[1, 7, 7]]])
    assert.deepEqual(
      chapters.map(({ isSame }) => isSame),
      [false, true],
    )
  })
  it('names one that taught nothing where it is the last of a span', async () => {
    const { keep, learn, check } = openLayerOf()
    const none = makeRecord(Buffer.from('{'), { topic, partition: 0, offset: 3, recordedAtMs: 1_100 })
    const later = makeFeedbackRecord(30, {}, { partition: 0, offset: 4, recordedAtMs: 1_200 })
    await learn([...records.slice(0, 9), none], 10)
    await learn([later])
    await keep([...records.slice(0, 9), later])
    const { isSame, missing } = await check()
    assert.deepEqual([isSame, missing], [true, [[0, 3, 3]]])
  })
  it('takes offsets within a span that have no record for marks of transactions', async () => {
    const { keep, learn, check } = openLayerOf()
    const gappy = records.slice(0, 9).map(record => ({ ...record, offset: record.offset * 2 }))
    await learn(gappy, 20)
    await keep(gappy)
    const { isSame, missing } = await check()
    assert.deepEqual([isSame, missing], [true, []])
  })
  it('leaves out versions whose records are not archived yet, with the end of their chapter', async () => {
    const { check } = await openChecked(at => at < 50)
    const { isSame, missing, versions, notArchived, chapters } = await check()
    assert.deepEqual([isSame, missing, versions, notArchived], [true, [], 7, 2])
    assert.deepEqual(
      chapters.map(({ isSame }) => isSame),
      [true, null],
    )
  })
  it('is not the same where nothing could be compared', async () => {
    const { check } = await openChecked(() => false)
    const { isSame, versions, notArchived } = await check()
    assert.deepEqual([isSame, versions, notArchived], [false, 0, 9])
  })
  it('takes them for missing where they were learnt more than ten minutes ago', async () => {
    const { check } = await openChecked(at => at < 57)
    const { isSame, missing, notArchived } = await check({ nowMs: learntAtMs + 600_000 })
    assert.deepEqual([isSame, missing, notArchived], [false, [[0, 19, 19], [1, 19, 19], [2, 19, 19]], 0]) // biome-ignore format: a table
  })
  it('takes none for missing that came just now and taught nothing, long after the last label', async () => {
    const { keep, learn, check } = openLayerOf()
    await learn(records.slice(0, 9))
    await keep(records.slice(0, 9))
    const nowMs = learntAtMs + 3_600_000
    await learn([makeRecord(Buffer.from('{'), { topic, partition: 0, offset: 3, recordedAtMs: nowMs })])
    const { missing, notArchived } = await check({ nowMs })
    assert.deepEqual([missing, notArchived], [[], 1])
  })
  it('waits for the archive', async () => {
    const { models, archive, keep } = await openChecked(at => at < 50)
    let isBehind = true
    const list: typeof archive.list = async (prefix, span) => {
      const keys = await archive.list(prefix, span)
      if (isBehind) await keep(records.slice(50))
      isBehind = false
      return keys
    }
    const found = await checkLayer({ pipeline, models, archive: { ...archive, list }, nowMs: () => learntAtMs }, { waitMs: 10 })
    assert.deepEqual([found.isSame, found.notArchived], [true, 0])
  })
  it('holds for a layer that was frozen meanwhile, whose versions have no labels', async () => {
    const { models, learn, keep, check } = openLayerOf()
    await learn(records.slice(0, 40))
    await freezeLayer(models, 'flights', 1)
    await learn(records.slice(40, 45))
    await unfreezeLayer(models, 'flights')
    await learn(records.slice(45))
    await keep(records)
    const { isSame, labels } = await check()
    assert.deepEqual([isSame, labels], [true, 55])
  })
  it('holds for a layer that began anew, with what it learnt since', async () => {
    const { models, learn, keep, check } = openLayerOf()
    await learn(records.slice(0, 40))
    await resetLayer(models, pipeline)
    await keep(records)
    assert.deepEqual([(await check()).isSame, (await check()).labels], [true, 0])
    await learn(records.slice(40))
    const { isSame, labels, unknownBefore } = await check()
    assert.deepEqual([isSame, labels, unknownBefore], [true, 20, null])
  })
  it('holds for a layer that went on from a snapshot since its state was cut', async () => {
    const { models, learn, keep, check, state } = openLayerOf()
    await learn(records.slice(0, 40))
    await models.put(stateKey, Buffer.from('cut'))
    await learn(records.slice(40))
    await keep(records)
    assert.equal((await state()).origin, 4)
    const { isSame, labels } = await check()
    assert.deepEqual([isSame, labels], [true, 48])
  })
  it('says from which snapshot on it knows nothing, where that is kept no more', async () => {
    const { models, check } = await openChecked()
    await models.remove(await models.list('layers/flights/snapshots/'))
    const { isSame, chapters, unknownBefore, broken } = await check()
    assert.deepEqual([isSame, chapters, unknownBefore, broken], [false, [], 4, null])
  })
  it('looks at the newest chapters alone where so many are asked for', async () => {
    const { check } = await openChecked(at => at >= 28)
    const { isSame, chapters, unknownBefore, missing } = await check({ chaptersAtMost: 1 })
    assert.deepEqual([isSame, chapters.map(({ from }) => from), unknownBefore, missing], [true, [4], null, []])
    assert.equal((await check({ chaptersAtMost: 2 })).isSame, false)
  })
  it('says what is wrong with a snapshot that is cut', async () => {
    const { models, check } = await openChecked()
    const [key] = await models.list('layers/flights/snapshots/')
    await models.put(key, Buffer.from('cut'))
    const { isSame, unknownBefore, broken } = await check()
    assert.deepEqual([isSame, unknownBefore], [false, 4])
    assert.match(broken!, /000000000004.gz is no state of a layer/)
  })
  it('does not take a store that fails for a snapshot that is gone', async () => {
    const { models, archive } = await openChecked()
    const get = (key: string) => (key.includes('snapshots') ? Promise.reject(new Error('slow down')) : models.get(key))
    await assert.rejects(checkLayer({ pipeline, models: { ...models, get }, archive }), /slow down/)
  })
  it('rejects a layer that is not there, and one of another definition', async () => {
    const { models, archive } = openLayerOf()
    const off = { ...pipeline, layer: undefined }
    await assert.rejects(checkLayer({ pipeline: off, models, archive }), { code: 'ARGUMENT_INVALID', message: /has no layer$/ })
    await assert.rejects(checkLayer({ pipeline, models, archive }), { code: 'ARGUMENT_INVALID', message: /has no state yet/ })
    await writeState(models, 'flights', { state: startState({ ...pipeline, definition: 'other' }), etag: null })
    await assert.rejects(checkLayer({ pipeline, models, archive }), { code: 'LAYER_INVALID', message: /is of another definition/ })
  })
  it('writes nothing', async () => {
    const { models, check, archive } = await openChecked()
    const before = [await listSnapshots(models, 'flights'), (await models.get(stateKey))?.etag, await archive.list('')]
    await check()
    assert.deepEqual([await listSnapshots(models, 'flights'), (await models.get(stateKey))?.etag, await archive.list('')], before)
  })
})
