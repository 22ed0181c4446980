import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { countPartition } from '#functions/counters/count-partition.ts'
import { readDuel, readShadowScores, readTallies } from '#functions/counters/read.ts'
import type { CountedRow } from '#functions/counters/rows.ts'
import { makePrediction } from '../../fixtures.ts'
import { memoryDynamo } from '../../memory-dynamo.ts'

const hourMs = 3_600_000
let offset = 0
const row = (model: string, shadow: string, hour: number, score = 0.5): CountedRow => ({
  prediction: makePrediction({ model, score, atMs: hour * hourMs, shadows: [{ model: shadow, score: 0.8 }] }),
  target: 1,
  source: { topic: 'flights.labels', partition: 0, offset: offset++ },
})

/** A store with rows of two partitions, over two days. */
async function open() {
  const { client, calls } = memoryDynamo()
  const store = dynamoCounters('counters', client)
  const count = (partition: string, rows: readonly CountedRow[]) =>
    countPartition({ store, positiveAtLeast: 0.5, expiresAtSec: 7 }, partition, rows)
  await count('flights.feedback-0', [row('v1', 'v2', 0), row('v1', 'v2', 30), row('v1', 'v22', 0)])
  await count('flights.feedback-1', [row('v1', 'v2', 30), row('v2', 'v1', 30, 0.8)])
  return { store, calls }
}
const gain = Math.log(0.8 / 0.5)

describe('readDuel', () => {
  it('adds up the hours of all partitions and days, whichever of the two was champion', async () => {
    const { store } = await open()
    const hours = await readDuel(store)('v1', 'v2')
    assert.deepEqual(
      hours.map(({ startMs, labelled }) => [startMs / hourMs, labelled]),
      [
        [0, 1],
        [30, 3],
      ],
    )
    assert.ok(Math.abs(hours[0].gainSum - gain) < 1e-9)
    assert.ok(Math.abs(hours[1].gainSum - 2 * gain) < 1e-9, 'where v2 was champion both have the same score')
  })
  it('turns the gain where the champion has the later name', async () => {
    const { store } = await open()
    const turned = await readDuel(store)('v2', 'v1')
    assert.ok(Math.abs(turned[0].gainSum + gain) < 1e-9)
  })
  it('is empty for models that never met, and where nothing was counted', async () => {
    const { store } = await open()
    assert.deepEqual(await readDuel(store)('v2', 'v22'), [])
    assert.deepEqual(await readDuel(dynamoCounters('counters', memoryDynamo().client))('v1', 'v2'), [])
  })
})

describe('readShadowScores', () => {
  it('counts what the model gave as shadow, and not what it gave as champion', async () => {
    const { store } = await open()
    const { positiveBins, negativeBins } = await readShadowScores(store)('v2')
    assert.deepEqual([positiveBins[160], positiveBins.reduce((a, b) => a + b), negativeBins.reduce((a, b) => a + b)], [3, 3, 0])
  })
})

describe('readTallies', () => {
  it('gives all partitions’ tallies, of which it asks each, and scans nothing', async () => {
    const { store, calls } = await open()
    calls.length = 0
    const tallies = await readTallies(store)
    assert.deepEqual(tallies.map(({ model, arm }) => `${arm} ${model}`).sort(), [
      'champion v1',
      'champion v1',
      'champion v2',
      'shadow v1',
      'shadow v2',
      'shadow v2',
      'shadow v22',
    ])
    assert.deepEqual(
      calls.map(({ operation }) => operation),
      ['Query', 'Query', 'Query'],
    )
  })
})
