import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryStore } from '#functions/adapters/memory-store.ts'
import { encodeParquet } from '#functions/adapters/parquet.ts'
import { makeArchive } from '#functions/archive/archive.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRecord } from '../../checks/step-checks.ts'
import { readArchived } from './read-archived.ts'

describe('readArchived', () => {
  it('gives each offset once, in order, from objects that overlap', async () => {
    const store = memoryStore()
    const step = makeArchive({ pipeline, store, encode: encodeParquet })
    const records = [0, 1].flatMap(partition =>
      [0, 1, 2, 3].map(offset => makeRecord({ at: offset }, { topic: 'flights.events', partition, offset })),
    )
    await step(records)
    await step(records.slice(1, 3))
    await step(records.slice(2, 6))
    const rows = await readArchived(store, 'flights.events')
    assert.deepEqual(
      rows.map(({ partition, offset }) => `${partition}-${offset}`),
      ['0-0', '0-1', '0-2', '0-3', '1-0', '1-1', '1-2', '1-3'],
    )
  })
})
