import { BatchGetItemCommand, DynamoDBClient, ScanCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import type { Applied } from '../evaluate/applied.ts'
import type { Duel, DuelKey, DuelStore } from '../evaluate/duels.ts'
import type { Tally, TallyKey, TallyStore } from '../evaluate/evaluate.ts'
import { requestHandler } from './request-handler.ts'

/** DynamoDB's own limits of a batch call and of a transaction. */
const keysPerCall = 100
const writesPerTransaction = 100

/** An item of the counters table by its two keys: a source partition, and what is counted there. */
interface ItemKey {
  readonly partition: string
  readonly name: string
}

const duelPrefix = 'duel '
/** A champion's tally is named by its model alone, as those were that were written before there were other arms. */
const tallyName = ({ model, arm }: TallyKey) => (arm === 'champion' ? model : `${arm} ${model}`)
const duelName = ({ models }: DuelKey) => duelPrefix + models.join(' ')

/** Tallies on DynamoDB: one item for each partition, model and arm, the sums as JSON, guarded by a version number. */
export function dynamoTallies(table: string, client = new DynamoDBClient({ requestHandler })): TallyStore {
  const { read, write } = openItems(table, client)
  const keyOf = (key: TallyKey) => ({ partition: key.partition, name: tallyName(key) })
  return {
    read: async keys => (await read(keys.map(keyOf))).map(parseTally),
    write: tallies => write(tallies.map(tally => ({ key: keyOf(tally), json: JSON.stringify(tally) }))),
  }
}

/** Duels on DynamoDB, in the same table: one item for each partition and pair of models; of 400 hours, 50 kB at most. */
export function dynamoDuels(table: string, client = new DynamoDBClient({ requestHandler })): DuelStore {
  const { read, write } = openItems(table, client)
  const keyOf = (key: DuelKey) => ({ partition: key.partition, name: duelName(key) })
  return {
    read: async keys => (await read(keys.map(keyOf))).map(parseDuel),
    write: duels => write(duels.map(duel => ({ key: keyOf(duel), json: JSON.stringify(duel) }))),
  }
}

const parseTally = (json: string): Tally => ({ arm: 'champion', ...withSpans(JSON.parse(json) as Omit<Tally, 'arm'>) })
const parseDuel = (json: string): Duel => withSpans(JSON.parse(json) as Duel)

/** Items of before there were spans hold the last offset counted. */
function withSpans<Item extends { readonly applied: Applied }>(item: Item): Item {
  const spans = Object.entries(item.applied).map(([partition, own]) => [partition, typeof own === 'number' ? [0, own] : own])
  return { ...item, applied: Object.fromEntries(spans) }
}

/** Reads and writes items that hold JSON; a write of up to 100 holds as a whole, and only where all items are as they were read. */
function openItems(table: string, client: DynamoDBClient) {
  const versions = new Map<string, number>()
  const placeOf = ({ partition, name }: ItemKey) => `${partition} ${name}`
  return {
    async read(keys: readonly ItemKey[]): Promise<string[]> {
      const found: string[] = []
      for (let at = 0; at < keys.length; at += keysPerCall) {
        const Keys = keys.slice(at, at + keysPerCall).map(({ partition, name }) => ({ partition: { S: partition }, model: { S: name } }))
        const { Responses, UnprocessedKeys } = await client.send(
          new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
        )
        if (UnprocessedKeys?.[table]) throw new Error('the counters table did not answer for all items')
        for (const { partition, model, version, tally } of Responses?.[table] ?? []) {
          versions.set(placeOf({ partition: partition.S!, name: model.S! }), Number(version.N))
          found.push(tally.S!)
        }
      }
      return found
    },
    async write(items: readonly { readonly key: ItemKey; readonly json: string }[]): Promise<void> {
      for (let at = 0; at < items.length; at += writesPerTransaction) {
        const TransactItems = items.slice(at, at + writesPerTransaction).map(({ key, json }) => {
          const version = versions.get(placeOf(key)) ?? 0
          const Item = { partition: { S: key.partition }, model: { S: key.name }, version: { N: String(version + 1) }, tally: { S: json } }
          return {
            Put: {
              TableName: table,
              Item,
              ConditionExpression: 'attribute_not_exists(#version) OR #version = :version',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: { ':version': { N: String(version) } },
            },
          }
        })
        await client.send(new TransactWriteItemsCommand({ TransactItems }))
      }
    },
  }
}

/** All tallies of a counters table, for whoever shows them. */
export async function readTallies(table: string, client = new DynamoDBClient({ requestHandler })): Promise<Tally[]> {
  return (await scan(table, 'NOT begins_with(#name, :duel)', client)).map(parseTally)
}

/** All duels of a counters table, for whoever decides by them. */
export async function readDuels(table: string, client = new DynamoDBClient({ requestHandler })): Promise<Duel[]> {
  return (await scan(table, 'begins_with(#name, :duel)', client)).map(parseDuel)
}

async function scan(table: string, filter: string, client: DynamoDBClient): Promise<string[]> {
  const found: string[] = []
  let start: Record<string, never> | undefined
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: table,
        ExclusiveStartKey: start,
        FilterExpression: filter,
        ExpressionAttributeNames: { '#name': 'model' },
        ExpressionAttributeValues: { ':duel': { S: duelPrefix } },
      }),
    )
    for (const { tally } of page.Items ?? []) found.push(tally.S!)
    start = page.LastEvaluatedKey as typeof start
  } while (start)
  return found
}
