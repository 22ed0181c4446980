import {
  type AttributeValue,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
import type { KafkaRecord, WaitingLabel, WaitingTable } from '../ports.ts'
import { cut, mapConcurrently, pauseBeforeRetry } from './concurrency.ts'
import { batchGet, storeFailed } from './dynamo-calls.ts'
import { requestHandler } from './request-handler.ts'

/** DynamoDB's own limit of a batch call. */
const writesPerCall = 25
/** Calls in flight from one function, and tries of what a call left unprocessed. */
const callsAtOnce = 16
const triesAtMost = 8

type Item = Readonly<Record<string, AttributeValue>>

/** What an item's key begins with: a waiting label's, and a refused event's, never meet, whatever the ids. */
const labelKey = (id: string): Item => ({ key: { S: `label/${id}` } })
const refusedKey = (id: string): Item => ({ key: { S: `refused/${id}` } })
const idOf = ({ key }: Item) => key.S!.slice(key.S!.indexOf('/') + 1)

/** The index of labels by the partition of topic labels that they came in, and by when they are due. */
const dueIndex = 'due'

/** Waiting labels on DynamoDB: an item a label, and one for each refused event, which the table forgets in time. Reads are strongly consistent. */
export function dynamoWaiting(table: string, client = new DynamoDBClient({ requestHandler })): WaitingTable {
  const readItems = (keys: readonly Item[]) => batchGet(client, table, { Keys: [...keys], ConsistentRead: true })
  const read = async (ids: readonly string[]) => (await readItems(ids.map(labelKey))).map(toLabel)

  return {
    read,
    async readRefused(ids) {
      return new Map((await readItems(ids.map(refusedKey))).map(item => [idOf(item), item.code.S!]))
    },
    async park(labels) {
      const lost: WaitingLabel[] = []
      await mapConcurrently(labels, callsAtOnce, async label => {
        const { rank, replaces = rank } = label
        const command = new PutItemCommand({
          TableName: table,
          Item: toItem(label),
          ConditionExpression: 'attribute_not_exists(#key) OR #rank IN (:own, :replaced)',
          ExpressionAttributeNames: { '#key': 'key', '#rank': 'rank' },
          ExpressionAttributeValues: { ':own': { S: rank }, ':replaced': { S: replaces } },
        })
        await client.send(command).catch(error => {
          if (!isConditionFailed(error)) throw error
          lost.push(label)
        })
      })
      return lost
    },
    async readDue(partition, nowMs, limit) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: dueIndex,
          KeyConditionExpression: '#partition = :partition AND #due <= :now',
          ExpressionAttributeNames: { '#partition': 'waitsIn', '#due': 'dueAtMs' },
          ExpressionAttributeValues: { ':partition': { S: partition }, ':now': { N: String(nowMs) } },
          Limit: limit,
        }),
      )
      const labels = await read(Items.map(idOf))
      return labels.filter(({ dueAtMs }) => dueAtMs <= nowMs) // the index may be a moment behind
    },
    async remove(labels) {
      await mapConcurrently(labels, callsAtOnce, async ({ id, rank }) => {
        const command = new DeleteItemCommand({
          TableName: table,
          Key: { ...labelKey(id) },
          ConditionExpression: '#rank = :own',
          ExpressionAttributeNames: { '#rank': 'rank' },
          ExpressionAttributeValues: { ':own': { S: rank } },
        })
        await client.send(command).catch(error => {
          if (!isConditionFailed(error)) throw error
        })
      })
    },
    async refuse(events) {
      await mapConcurrently(cut(events, writesPerCall), callsAtOnce, async chunk => {
        let requests: WriteRequest[] = chunk.map(({ id, code, expiresAtSec }) => ({
          PutRequest: { Item: { ...refusedKey(id), code: { S: code }, expiresAtSec: { N: String(expiresAtSec) } } },
        }))
        for (let attempt = 0; requests.length > 0; attempt++) {
          if (attempt === triesAtMost) throw storeFailed(table, `${requests.length} items could not be written in ${triesAtMost} tries`)
          if (attempt > 0) await pauseBeforeRetry(attempt)
          const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }))
          requests = UnprocessedItems?.[table] ?? []
        }
      })
    },
  }
}

const isConditionFailed = (error: unknown) => (error as Error).name === 'ConditionalCheckFailedException'

function toItem({ id, record, rank, dueAtMs }: WaitingLabel): Record<string, AttributeValue> {
  return {
    ...labelKey(id),
    rank: { S: rank },
    waitsIn: { S: `${record.topic}-${record.partition}` },
    dueAtMs: { N: String(dueAtMs) },
    record: { S: JSON.stringify({ ...record, ...toText(record) }) },
  }
}

/** The bytes of a record in base64; a key or value that is null stays null. */
function toText({ key, value, headers }: KafkaRecord) {
  const text = (bytes: Buffer | null) => bytes?.toString('base64') ?? null
  return { key: text(key), value: text(value), headers: headers.map(([name, content]) => [name, content.toString('base64')]) }
}

type StoredRecord = Omit<KafkaRecord, 'key' | 'value' | 'headers'> & {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, content: string])[]
}

function toLabel(item: Item): WaitingLabel {
  const stored = JSON.parse(item.record.S!) as StoredRecord
  const bytes = (text: string | null) => (text === null ? null : Buffer.from(text, 'base64'))
  const headers = stored.headers.map(([name, content]) => [name, Buffer.from(content, 'base64')] as const)
  const record = { ...stored, key: bytes(stored.key), value: bytes(stored.value), headers }
  return { id: idOf(item), record, rank: item.rank.S!, dueAtMs: Number(item.dueAtMs.N) }
}
