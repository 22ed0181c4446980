import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeArchiveReader } from '../../../cli/replay/archive-reader.ts'
import { findThen } from '../../../cli/replay/find-then.ts'
import { readSlice } from '../../../cli/replay/slice.ts'
import { hour, makeEvent, openArchive } from './archived.ts'

const hourMs = 3_600_000
const topics = { events: 'flights.events', predictions: 'flights.predictions' }
const span = { fromMs: hour, toMs: hour + hourMs }

/** Looks for the predictions of the hour; gives how many were found, and the hours of predictions that were listed and read. */
async function find(archive: Awaited<ReturnType<typeof openArchive>>['archive']) {
  const read: string[] = []
  const listed: string[] = []
  const reader = makeArchiveReader({
    get: async key => {
      if (key.startsWith('flights.predictions')) read.push(key.slice(36, 43))
      return archive.get(key)
    },
    list: async (prefix, keys) => {
      if (prefix === 'flights.predictions/') listed.push(keys!.after!.slice(20, 43), keys!.before!.slice(20, 43))
      return archive.list(prefix, keys)
    },
  })
  const slice = await readSlice(reader, topics.events, span)
  const found = await findThen(reader, topics, slice, span)
  return { found: found.filter(Boolean).length, read, listed }
}

describe('findThen', () => {
  it('looks an hour further, no more, once every partition has predictions of later events', async () => {
    const { predict, scorers, archive, archiveEvents } = await openArchive()
    const later = [makeEvent(7_200, { recordedAtMs: hour + hourMs }), makeEvent(7_201, { recordedAtMs: hour + hourMs })]
    await predict([makeEvent(0), makeEvent(1)], { champion: scorers.v1 }, hour + 1_000)
    await predict(later, { champion: scorers.v1 }, hour + hourMs + 1_000)
    for (const hours of [1, 2, 3]) {
      const much = makeEvent(0, { topic: topics.predictions, partition: 5, value: null, recordedAtMs: hour + hours * hourMs })
      await archiveEvents([much])
    }
    const { found, read } = await find(archive)
    assert.equal(found, 2)
    assert.deepEqual([...new Set(read)], ['hour=05', 'hour=06', 'hour=07'])
  })
  it('looks a day further where the stream ends with the slice', async () => {
    const { predict, scorers, archive } = await openArchive()
    await predict([makeEvent(0), makeEvent(1)], { champion: scorers.v1 }, hour + 20 * hourMs)
    const { found, listed } = await find(archive)
    assert.deepEqual([found, listed], [2, ['date=2026-11-23/hour=04', 'date=2026-11-24/hour=06']])
  })
  it('passes over what is no prediction, and predictions of another topic', async () => {
    const { predict, scorers, archive, archiveEvents } = await openArchive()
    await predict([makeEvent(0), makeEvent(1)], { champion: scorers.v1 }, hour + 1_000)
    await archiveEvents([
      makeEvent(0, { topic: topics.predictions, partition: 5, value: Buffer.from('{') }),
      makeEvent(0, { topic: topics.predictions, partition: 5, offset: 1, value: null }),
    ])
    await predict([makeEvent(0, { topic: 'other.events' })], { champion: scorers.v2 }, hour + 2_000, { isArchived: false })
    assert.equal((await find(archive)).found, 2)
  })
})
