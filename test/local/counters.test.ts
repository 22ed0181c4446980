import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { countPartition } from '#functions/counters/count-partition.ts'
import { readTallies } from '#functions/counters/read.ts'
import type { CountedRow } from '#functions/counters/rows.ts'
import { toQuality } from '#models/task/yes-no/counters.ts'
import { type Emulator, startEmulator } from '../../localstack/emulator.ts'
import { counterStoreChecks } from '../checks/counter-store-checks.ts'
import { makePrediction } from '../fixtures.ts'

let emulator: Emulator
let client: DynamoDBClient
let tableCount = 0

before(async () => {
  emulator = await startEmulator({ brokers: '127.0.0.1:19092' }) // the emulator only hands it on
  const { endpoint, region } = emulator
  client = new DynamoDBClient({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
})
after(() => emulator.stop())

async function openStore() {
  const TableName = `counters-${++tableCount}`
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['partition', 'name'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'partition', KeyType: 'HASH' },
        { AttributeName: 'name', KeyType: 'RANGE' },
      ],
    }),
  )
  return dynamoCounters(TableName, client)
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
