import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamoDuels, dynamoTallies, readDuels, readTallies } from '#functions/adapters/tally-store.ts'
import type { Duel } from '#functions/evaluate/duels.ts'
import type { Tally } from '#functions/evaluate/evaluate.ts'
import { emptyCounters, noLabels } from '#models/task/yes-no/counters.ts'

type Item = Readonly<Record<string, AttributeValue>>
type Put = { readonly Item: Item; readonly ExpressionAttributeValues: Item }

/** A counters table: what the store asks of DynamoDB, and no more. */
function open() {
  const items = new Map<string, Item>()
  const placeOf = ({ partition, model }: Item) => `${partition.S} ${model.S}`
  const commands: Readonly<Record<string, (input: never) => unknown>> = {
    BatchGetItemCommand({ RequestItems }: { readonly RequestItems: Readonly<Record<string, { readonly Keys: readonly Item[] }>> }) {
      const { Keys } = RequestItems.counters
      assert.ok(Keys.length <= 100, 'DynamoDB takes 100 keys a call')
      return { Responses: { counters: Keys.map(key => items.get(placeOf(key))).filter(item => item !== undefined) } }
    },
    TransactWriteItemsCommand({ TransactItems }: { readonly TransactItems: readonly { readonly Put: Put }[] }) {
      assert.ok(TransactItems.length <= 100, 'DynamoDB takes 100 items a transaction')
      for (const { Put } of TransactItems) {
        const stored = items.get(placeOf(Put.Item))
        if (stored && stored.version.N !== Put.ExpressionAttributeValues[':version'].N) throw new Error('[ConditionalCheckFailed]')
      }
      for (const { Put } of TransactItems) items.set(placeOf(Put.Item), Put.Item)
      return {}
    },
    ScanCommand({ FilterExpression }: { readonly FilterExpression: string }) {
      const wantsDuels = !FilterExpression.startsWith('NOT ')
      return { Items: [...items.values()].filter(({ model }) => model.S!.startsWith('duel ') === wantsDuels) }
    },
  }
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: never }) =>
    commands[command.constructor.name](command.input)
  return { items, client: { send } as unknown as DynamoDBClient }
}

function makeTally(changes: Partial<Tally> = {}): Tally {
  const sums = { predicted: 3, unscored: 0, quality: emptyCounters(), labels: noLabels, applied: { 'e-0': [0, 7] } }
  return { partition: 'p-0', model: 'm1', arm: 'champion', ...sums, ...changes }
}
const duel: Duel = {
  partition: 'p-0',
  models: ['m1', 'm2'],
  buckets: [{ startMs: 0, predicted: 1, labelled: 1, gainSum: 0.5 }],
  applied: { 'e-0': [0, 7] },
}

describe('the counters table', () => {
  it('keeps tallies of each model and arm, and duels, apart', async () => {
    const { client } = open()
    const tallies = [makeTally(), makeTally({ arm: 'challenger' }), makeTally({ arm: 'shadow' }), makeTally({ model: 'm2' })]
    await dynamoTallies('counters', client).write(tallies)
    await dynamoDuels('counters', client).write([duel])
    assert.deepEqual(await readTallies('counters', client), tallies)
    assert.deepEqual(await readDuels('counters', client), [duel])
    assert.deepEqual(await dynamoTallies('counters', client).read(tallies.slice(1, 3)), tallies.slice(1, 3))
    assert.deepEqual(await dynamoDuels('counters', client).read([duel, { partition: 'p-1', models: ['m1', 'm2'] }]), [duel])
  })
  it('goes on with the tallies that were written before there were arms and spans', async () => {
    const { items, client } = open()
    const { arm: _, ...older } = makeTally()
    const tally = { S: JSON.stringify({ ...older, applied: { 'e-0': 7 } }) }
    items.set('p-0 m1', { partition: { S: 'p-0' }, model: { S: 'm1' }, version: { N: '4' }, tally })
    const store = dynamoTallies('counters', client)
    assert.deepEqual(await store.read([makeTally()]), [makeTally()])
    await store.write([makeTally({ predicted: 4 })])
    assert.deepEqual(await readTallies('counters', client), [makeTally({ predicted: 4 })])
  })
  it('rejects a write of what another writer has changed since', async () => {
    const { client } = open()
    await dynamoTallies('counters', client).write([makeTally()])
    const [mine, twin] = [dynamoTallies('counters', client), dynamoTallies('counters', client)]
    await mine.read([makeTally()])
    await twin.read([makeTally()])
    await twin.write([makeTally({ predicted: 4 })])
    const other = makeTally({ partition: 'p-1' })
    await assert.rejects(mine.write([other, makeTally({ predicted: 4 })]), /ConditionalCheckFailed/)
    assert.deepEqual(await mine.read([other]), [], 'all or nothing')
  })
  it('reads any number of tallies', async () => {
    const { client } = open()
    const tallies = Array.from({ length: 250 }, (_, at) => makeTally({ model: `m${at}` }))
    await dynamoTallies('counters', client).write(tallies)
    assert.deepEqual(await dynamoTallies('counters', client).read(tallies), tallies)
  })
})
