import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import { pipeline as payments } from '#models/examples/payments.ts'
import { pipeline } from '#models/pipeline.ts'
import { readArchivedHistory, readArchivedInputs } from '../../../cli/backtest/archive-history.ts'
import { makeArchiveReader } from '../../../cli/replay/archive-reader.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { collect } from '../../collect.ts'
import { makeEvent, makeLabel } from '../replay/archived.ts'

const always = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }
const hourMs = 3_600_000

async function open(batches: readonly (readonly KafkaRecord[])[], of = pipeline) {
  const store = memoryStore()
  const archive = makeArchive({ pipeline: of, store, encode: encodeParquet })
  for (const batch of batches) await archive(batch)
  return makeArchiveReader(store)
}

describe('a history from the archive', () => {
  it('has each event once, in event time, with its label', async () => {
    const [first, second, third] = [0, 1, 2].map(at => makeEvent(at))
    const archive = await open([
      [third, first],
      [first, second],
      [makeLabel(1), makeLabel(0)],
    ])
    const { entries, readCounts } = await readArchivedHistory(archive, pipeline, always)
    const found = await collect(entries)
    assert.deepEqual(
      found.map(({ event }) => event.flightId),
      ['f0', 'f1', 'f2'],
    )
    assert.deepEqual(
      found.map(({ target }) => target),
      [0, 1, Number.NaN],
    )
    assert.deepEqual(readCounts(), { rows: 3, rejected: { 'no label is archived': 1 } })
  })
  it('takes the last label of an id', async () => {
    const late = makeLabel(1)
    const corrected = { ...JSON.parse(String(late.value)), delayMinutes: 0 }
    const again = { ...late, offset: 9, recordedAtMs: late.recordedAtMs + 1, value: Buffer.from(JSON.stringify(corrected)) }
    const { entries } = await readArchivedHistory(await open([[makeEvent(1)], [again], [late]]), pipeline, always)
    assert.equal((await collect(entries))[0].target, 0)
  })
  it('reads the hours of its span alone', async () => {
    const event = makeEvent(0)
    const atMs = JSON.parse(String(event.value)).departedAtMs as number
    const archive = await open([[{ ...event, recordedAtMs: atMs + 1_000 }], [makeEvent(1, { recordedAtMs: atMs + 100 * hourMs })]])
    const { readCounts } = await readArchivedHistory(archive, pipeline, { fromMs: atMs, toMs: atMs + 1 })
    assert.equal(readCounts().rows, 1)
  })
  it('counts what the definition refuses, and rejects a span without events', async () => {
    const archive = await open([[makeEvent(0), makeEvent(1, { value: Buffer.from('{') })]])
    const { readCounts } = await readArchivedHistory(archive, pipeline, always)
    assert.equal(readCounts().rows, 2)
    assert.equal(Object.keys(readCounts().rejected).length, 2)
    await assert.rejects(readArchivedHistory(await open([]), pipeline, always), /no event of the span is archived; change --from or --to/)
  })
  it('has the records of inputs: of a table all, in the order in which they were written', async () => {
    const now = Date.UTC(2026, 10, 2, 9)
    const limit = (offset: number, value: object | null, recordedAtMs: number) =>
      makeRecord(value, { topic: 'payments.limits', offset, recordedAtMs, key: Buffer.from('c1') })
    const archive = await open(
      [[limit(0, { limitCents: 5 }, now - 9_000 * hourMs)], [limit(1, null, now)], [limit(2, { wrong: 1 }, now)]],
      payments,
    )
    const inputs = await readArchivedInputs(archive, payments, { fromMs: now - 1, toMs: now + 1 })
    const limits = inputs.find(({ name }) => name === 'limits')!
    assert.deepEqual(
      (await collect(limits.entries)).map(({ atMs }) => atMs),
      [now - 9_000 * hourMs, now],
    )
    assert.equal(limits.readCounts().rows, 3)
  })
})
