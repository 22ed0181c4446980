import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { readDuel, readShadowScores } from '#functions/adapters/live-labels.ts'
import { countRows, emptyCounters, noLabels } from '#models/task/yes-no/counters.ts'

/** A counters table that answers every scan with these items. */
const tableOf = (items: readonly object[]) => {
  const Items = items.map(item => ({ tally: { S: JSON.stringify(item) } }))
  return { send: async () => ({ Items }) } as unknown as DynamoDBClient
}
const bucket = (hour: number, gainSum: number) => ({ startMs: hour * 3_600_000, predicted: 2, labelled: 1, gainSum })
const duels = tableOf([
  { partition: 'a', models: ['v1', 'v2'], buckets: [bucket(0, 1), bucket(1, 2)], applied: {} },
  { partition: 'b', models: ['v1', 'v2'], buckets: [bucket(1, 3)], applied: {} },
  { partition: 'a', models: ['v1', 'v3'], buckets: [bucket(0, 9)], applied: {} },
])

describe('readDuel', () => {
  it('adds up the hours of all partitions', async () => {
    const hours = await readDuel('counters', duels)('v1', 'v2')
    assert.deepEqual(
      hours.map(({ gainSum, labelled }) => [gainSum, labelled]),
      [
        [1, 1],
        [5, 2],
      ],
    )
  })
  it('turns the gain where the champion has the later name', async () => {
    const hours = await readDuel('counters', duels)('v2', 'v1')
    assert.deepEqual(
      hours.map(({ gainSum }) => gainSum),
      [-1, -5],
    )
  })
  it('is empty for models that never met', async () => {
    assert.deepEqual(await readDuel('counters', duels)('v2', 'v3'), [])
  })
})

describe('readShadowScores', () => {
  it('counts what the model gave as shadow, and not what it gave as champion', async () => {
    const quality = countRows(emptyCounters(), [{ score: 0.5, target: 1, before: noLabels }], 0.5)
    const tallies = tableOf(
      [
        ['a', 'shadow', 'v2'],
        ['b', 'shadow', 'v2'],
        ['a', 'champion', 'v2'],
        ['a', 'shadow', 'v3'],
      ].map(([partition, arm, model]) => ({ partition, arm, model, quality, applied: {} })),
    )
    const { positiveBins, negativeBins } = await readShadowScores('counters', tallies)('v2')
    assert.deepEqual([positiveBins[100], negativeBins[100]], [2, 0])
  })
})
