import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dynamoPredictions } from '#functions/adapters/prediction-table.ts'
import type { PredictionRow } from '#functions/ports.ts'
import { memoryDynamo } from '../../memory-dynamo.ts'

const makeRow = (id: string, changes: Partial<PredictionRow> = {}): PredictionRow => {
  return { id, score: 0.5, decision: 'none', model: 'm1', atMs: 1, record: `{"id":"${id}"}`, expiresAtSec: 2, ...changes }
}
const rows = Array.from({ length: 230 }, (_, at) => makeRow(`i${at}`))

describe('the predictions table', () => {
  it('takes any number of rows, and gives their records', async () => {
    const table = dynamoPredictions('predictions', memoryDynamo().client)
    assert.deepEqual(await table.write(rows), new Set())
    const records = await table.read([...rows.map(({ id }) => id), 'none'])
    assert.deepEqual(records, new Map(rows.map(({ id, record }) => [id, record])))
  })
  it('looks consistently, and glances for half of it', async () => {
    const { client, calls } = memoryDynamo()
    const table = dynamoPredictions('predictions', client)
    await table.write([makeRow('a')])
    assert.deepEqual(await table.peek(['a']), await table.read(['a']))
    const reads = calls.filter(({ operation }) => operation === 'BatchGetItem')
    const isConsistent = ({ input }: { readonly input: object }) =>
      (input as { readonly RequestItems: { readonly predictions: { readonly ConsistentRead: boolean } } }).RequestItems.predictions
        .ConsistentRead
    assert.deepEqual(reads.map(isConsistent), [false, true])
  })
  it('keeps the last row of an id', async () => {
    const table = dynamoPredictions('predictions', memoryDynamo().client)
    await table.write([makeRow('a', { record: '"first"' })])
    await table.write([makeRow('a', { record: '"second"' })])
    assert.deepEqual(await table.read(['a']), new Map([['a', '"second"']]))
  })
  it('writes again what was left unprocessed, and names what stays so', async () => {
    const refuseB = (operation: string, input: object) => {
      if (operation !== 'BatchWriteItem') return undefined
      const { predictions } = (input as { readonly RequestItems: { readonly predictions: readonly object[] } }).RequestItems
      return { UnprocessedItems: { predictions: predictions.slice(-1) } }
    }
    const { client, calls } = memoryDynamo(refuseB)
    assert.deepEqual(await dynamoPredictions('predictions', client).write([makeRow('a'), makeRow('b')]), new Set(['b']))
    assert.equal(calls.length, 6)
  })
  it('leaves out what a row does not have', async () => {
    const { client, itemsOf } = memoryDynamo()
    await dynamoPredictions('predictions', client).write([makeRow('a', { score: null, decision: null, model: null })])
    assert.deepEqual(Object.keys(itemsOf('predictions')[0]), ['id', 'atMs', 'record', 'expiresAtSec'])
  })
})
