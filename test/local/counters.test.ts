import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { countPartition } from '#functions/counters/count-partition.ts'
import { readTallies } from '#functions/counters/read.ts'
import type { CountedRow } from '#functions/counters/rows.ts'
import { toQuality } from '#models/task/yes-no/counters.ts'
import { counterStoreChecks } from '../checks/counter-store-checks.ts'
import { makePrediction } from '../fixtures.ts'
import { useTables } from './emulator-tables.ts'

const tables = useTables()

async function openStore() {
  const table = await tables.make([
    ['partition', 'S'],
    ['name', 'S'],
  ])
  return dynamoCounters(table, tables.client())
}

counterStoreChecks('on DynamoDB', openStore)

describe('counters on DynamoDB', () => {
  it('count each label once, though twins count at the same time and all come again', async () => {
    const store = await openStore()
    const rows = Array.from({ length: 3_000 }, (_, at): CountedRow => {
      return { prediction: makePrediction(), target: 1, source: { topic: 'flights.labels', partition: at % 3, offset: 7 * at } }
    })
    const count = (some: readonly CountedRow[]) =>
      countPartition({ store, positiveAtLeast: 0.5, expiresAtSec: 4_000_000_000 }, 'flights.feedback-0', some)
    for (let at = 0; at < rows.length; at += 500) {
      const batch = rows.slice(Math.max(0, at - 100), at + 500)
      const twins = await Promise.allSettled([count(batch), count(batch)])
      if (twins.every(({ status }) => status === 'rejected')) await count(batch)
    }
    await count(rows)
    assert.deepEqual(
      (await readTallies(store)).map(({ quality }) => toQuality(quality).labelled),
      [3_000],
    )
  })
})
