import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryState } from '#functions/adapters/memory-state.ts'
import type { KafkaRecord, StateStore } from '#functions/ports.ts'
import { openFold } from '#functions/state/stored.ts'
import type { PartitionOffsets } from '../../../cli/rebuild/offsets.ts'
import { type RebuildPorts, runRebuild } from '../../../cli/rebuild/run.ts'
import { checkCaughtUp } from '../../../cli/rebuild.ts'
import { after, archiveOf, before, dayMs, hourMs, labelsOnly, makeBatches, offsetsAfter, preprocess, revised, startMs } from './stream.ts'

const batches = makeBatches()
const changeAt = Math.floor(batches.length * 0.8)
const [old, rest] = [batches.slice(0, changeAt), batches.slice(changeAt)]
const archive = await archiveOf(batches) // ahead of preprocess
const offsets = offsetsAfter(old, batches)

function rebuild(state: StateStore, changes: Partial<RebuildPorts> & { readonly offsets?: readonly PartitionOffsets[] } = {}, waitMs = 0) {
  const { offsets: told = offsets, ...ports } = changes
  return runRebuild({ pipeline: after, archive, state, readOffsets: async () => told, nowMs: () => startMs, ...ports }, { waitMs })
}

/** What a definition sends of the rest that has run from the beginning. */
const sentOfRest = async (pipeline: typeof before, from: readonly (readonly KafkaRecord[])[] = rest) => {
  const store = memoryState()
  await preprocess(pipeline, store, old)
  return preprocess(pipeline, store, from)
}
const expected = await sentOfRest(after)
const recordCount = old.flat().length

describe('a rebuild', () => {
  it('lets a changed definition go on as if it had run from the beginning, to the bit', async () => {
    const table = memoryState()
    await preprocess(before, table, old)
    const report = await rebuild(table)
    assert.deepEqual(await preprocess(after, table, rest), expected)
    assert.deepEqual([report.behind, report.isFromArchive, report.wholeness], [0, true, { kind: 'rebuilt', wholeFromMs: null }])
    const features = expected.filter(line => line.startsWith('pay.features')).map(line => JSON.parse(line.split(' | ')[2]).features)
    for (const [at, { name }] of after.features.entries()) {
      assert.ok(
        features.some(values => values[at] !== null && values[at] !== 0),
        `${name} is tested by none`,
      )
    }
  })
  it('is what makes the difference', async () => {
    assert.notDeepEqual(await preprocess(after, memoryState(), rest), expected)
  })
  it('leaves the windows of the definition that runs as they are', async () => {
    const table = memoryState()
    await preprocess(before, table, old)
    await rebuild(table)
    assert.deepEqual(await preprocess(before, table, rest), await sentOfRest(before))
  })
  it('does the same for a definition whose revision alone is another', async () => {
    const table = memoryState()
    await preprocess(before, table, old)
    await rebuild(table, { pipeline: revised })
    assert.deepEqual(await preprocess(revised, table, rest), await sentOfRest(before))
  })
  it('reads all of a table, and of all else no more than windows reach back to', async () => {
    const { partitions, records } = await rebuild(memoryState())
    assert.deepEqual(
      partitions.filter(({ fromOffset }) => fromOffset === 0).map(({ source }) => source),
      ['pay.limits-0'],
    )
    assert.ok(records > 0 && records < recordCount / 3, `${records} of ${recordCount}`)
  })
  it('ends with few entries after its last snapshot, also where windows are over labels alone', async () => {
    for (const pipeline of [after, labelsOnly]) {
      const state = memoryState()
      const ports = { pipeline, archive, state, readOffsets: async () => offsets, nowMs: () => startMs }
      await runRebuild(ports, { waitMs: 0, recordsAtOnce: 1 })
      const { base, tail } = (await openFold(state, pipeline.windows!)).fold
      assert.ok(base.number > 0 && tail.length <= 200, `snapshot ${base.number}, ${tail.length} entries`)
    }
  })
  it('goes on where it ended when it runs again, and says how far preprocess is ahead until it is not', async () => {
    const table = memoryState()
    const earlier = old.slice(0, -100)
    let looks = 0
    const moving = async () => offsetsAfter(looks++ === 0 ? earlier : old, batches)
    const first = await rebuild(table, { readOffsets: moving })
    const missed = old.slice(-100).flat().length
    assert.equal(first.behind, missed)
    assert.throws(() => checkCaughtUp(first), {
      code: 'PREREQUISITE_MISSING',
      message: new RegExp(`went on by ${missed.toLocaleString('en')} records`),
    })
    const second = await rebuild(table)
    assert.ok(second.records >= missed && second.records < missed + 20, `${second.records} of ${missed}`)
    assert.equal(second.behind, 0)
    checkCaughtUp(second)
    assert.deepEqual(await preprocess(after, table, rest), expected)
  })
  it('is done again where it died, and says until then that windows are not whole', async () => {
    const table = memoryState()
    let appends = 0
    const dying: StateStore = {
      ...table,
      append: async item => (appends++ > 40 ? assert.fail('out of reach') : table.append(item)),
    }
    const small = async () => rebuild(dying, { archive })
    await assert.rejects(small, /out of reach/)
    const { wholeness, isFromArchive } = await rebuild(table)
    assert.deepEqual([wholeness.kind, isFromArchive], ['rebuilt', true])
    assert.deepEqual(await preprocess(after, table, rest), expected)
  })
  it('writes nothing where the archive lacks what preprocess has counted', async () => {
    const table = memoryState()
    const message = /the archive lacks 7 records that were counted live: pay\.events-\d is archived up to \d+ and counted up to \d+/
    const behind = offsets.map(each =>
      each.topic === 'pay.events' && each.partition === 0 ? { ...each, archive: each.counted - 7 } : each,
    )
    const untouched: StateStore = { ...table, append: () => assert.fail('written') }
    await assert.rejects(rebuild(untouched, { offsets: behind }), { code: 'PREREQUISITE_MISSING', message })
  })
  it('waits for the archive', async () => {
    let looks = 0
    const late = async () => (looks++ === 0 ? offsets.map(each => ({ ...each, archive: each.counted - 7 })) : offsets)
    const { behind } = await rebuild(memoryState(), { readOffsets: late }, 5)
    assert.equal(behind, 0)
  })
  it('counts everything archived of a topic that preprocess has never read, and of events nothing from the oldest record on', async () => {
    const table = memoryState()
    const unread = offsets.map(each => (each.topic === 'pay.labels' ? { ...each, counted: -1, archive: each.counted } : each))
    await rebuild(table, { offsets: unread })
    assert.deepEqual(await preprocess(after, table, rest), expected)
    const events = offsets.map(each => (each.topic === 'pay.events' ? { ...each, counted: -1, lowOffset: 9 } : each))
    const { partitions } = await rebuild(memoryState(), { offsets: events })
    assert.deepEqual(
      partitions.filter(({ source }) => source.startsWith('pay.events')).map(({ toOffset }) => toOffset),
      [9, 9],
    )
  })
  it('says since when windows are whole where the archive begins later than they reach', async () => {
    const young = await archiveOf(
      batches.filter(([{ recordedAtMs, topic }]) => topic === 'pay.limits' || recordedAtMs > startMs + 7 * dayMs),
    )
    const { wholeness } = await rebuild(memoryState(), { archive: young })
    assert.equal(wholeness.kind, 'rebuilt')
    const { retainMs } = after.windows!
    const sinceMs = wholeness.wholeFromMs! - retainMs - startMs - 7 * dayMs
    assert.ok(sinceMs > -3 * hourMs && sinceMs < 2 * hourMs, String(sinceMs / hourMs))
  })
  it('names the tables of which the archive does not hold all', async () => {
    const isLater = ({ topic, offset }: KafkaRecord) => topic !== 'pay.limits' || offset > 6
    const young = await archiveOf(batches.map(batch => batch.filter(isLater)).filter(batch => batch.length > 0))
    assert.deepEqual((await rebuild(memoryState(), { archive: young })).cutTables, ['pay.limits-0'])
    assert.deepEqual((await rebuild(memoryState())).cutTables, [])
  })
  it('brings a state that began by itself up to where preprocess stands: a definition that comes back', async () => {
    const table = memoryState()
    const [first, meanwhile] = [old.slice(0, -150), old.slice(-150)]
    await preprocess(before, table, first)
    await preprocess(after, table, meanwhile) // the other definition is deployed for a while
    const { isFromArchive, records, wholeness } = await rebuild(table, { pipeline: before })
    assert.deepEqual([isFromArchive, wholeness.kind], [false, 'warming'])
    assert.ok(records < meanwhile.flat().length + 20)
    assert.deepEqual(await preprocess(before, table, rest), await sentOfRest(before))
  })
  it('reaches back further where a history is replayed more slowly than it happened', async () => {
    // An hour of the stream takes twenty: a day of windows is twenty days of arrival.
    const slowly = (all: readonly (readonly KafkaRecord[])[]) =>
      all.map(batch => batch.map(record => ({ ...record, recordedAtMs: startMs + (record.recordedAtMs - startMs) * 20 })))
    const table = memoryState()
    await rebuild(table, { archive: await archiveOf(slowly(batches)) })
    assert.deepEqual(await preprocess(after, table, slowly(rest)), await sentOfRest(after, slowly(rest)))
  })
  it('rejects a definition that remembers nothing', async () => {
    const { windows: _, ...forgetful } = before
    await assert.rejects(rebuild(memoryState(), { pipeline: { ...forgetful, windows: undefined } }), {
      code: 'ARGUMENT_INVALID',
      message: /pay has no aggregates, inputs or repeats: there is nothing to rebuild/,
    })
  })
})
