import { type AttributeValue, DynamoDBClient, QueryCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb'
import type { KafkaRecord, WaitingLabel, WaitingTable } from '../ports.ts'
import { batchGet, batchPut, type DynamoItem, storeFailed, triesAtMost } from './dynamo-calls.ts'
import { requestHandler } from './request-handler.ts'
import { transactEach } from './transact-each.ts'

/** Calls in flight that write down refused events. */
const callsAtOnce = 16

/** What an item's key begins with: a waiting label's, and a refused event's, never meet, whatever the ids. */
const labelKey = (id: string): DynamoItem => ({ key: { S: `label/${id}` } })
const refusedKey = (id: string): DynamoItem => ({ key: { S: `refused/${id}` } })
const idOf = ({ key }: DynamoItem) => key.S!.slice(key.S!.indexOf('/') + 1)

/** The index of labels by the partition of topic labels that they came in, and by when they are due. */
const dueIndex = 'due'

/** Waiting labels on DynamoDB: an item a label, and one for each refused event, which the table forgets in time. Reads are strongly consistent. */
export function dynamoWaiting(table: string, client = new DynamoDBClient({ requestHandler })): WaitingTable {
  const readItems = (keys: readonly DynamoItem[]) => batchGet(client, table, { Keys: [...keys], ConsistentRead: true })
  const read = async (ids: readonly string[]) => (await readItems(ids.map(labelKey))).map(toLabel)

  return {
    read,
    async readRefused(ids) {
      return new Map((await readItems(ids.map(refusedKey))).map(item => [idOf(item), item.code.S!]))
    },
    async park(labels) {
      const writes = labels.map(label => {
        const { rank, replaces = rank } = label
        const Item = toItem(label)
        const write: TransactWriteItem = {
          Put: {
            TableName: table,
            Item,
            ConditionExpression: 'attribute_not_exists(#key) OR #rank IN (:own, :replaced)',
            ExpressionAttributeNames: { '#key': 'key', '#rank': 'rank' },
            ExpressionAttributeValues: { ':own': { S: rank }, ':replaced': { S: replaces } },
          },
        }
        return { write, bytes: Buffer.byteLength(Item.record.S!) + Buffer.byteLength(Item.key.S!) + 1_024 }
      })
      const lost = await transactEach(client, table, writes)
      return labels.filter((_, place) => lost.has(place))
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
      const ofEachId = new Map(labels.map(label => [label.id, label])) // a transaction takes a key once
      const writes = [...ofEachId.values()].map(({ id, rank }) => {
        const write: TransactWriteItem = {
          Delete: {
            TableName: table,
            Key: { ...labelKey(id) },
            ConditionExpression: '#rank = :own',
            ExpressionAttributeNames: { '#rank': 'rank' },
            ExpressionAttributeValues: { ':own': { S: rank } },
          },
        }
        return { write, bytes: 2_048 }
      })
      await transactEach(client, table, writes) // one that another has replaced stays
    },
    async refuse(events) {
      const items = events.map(({ id, code, expiresAtSec }) => ({
        ...refusedKey(id),
        code: { S: code },
        expiresAtSec: { N: String(expiresAtSec) },
      }))
      const { length } = await batchPut(client, table, items, { callsAtOnce, triesAtMost })
      if (length > 0) throw storeFailed(table, `${length} items could not be written in ${triesAtMost} tries`)
    },
  }
}

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

function toLabel(item: DynamoItem): WaitingLabel {
  const stored = JSON.parse(item.record.S!) as StoredRecord
  const bytes = (text: string | null) => (text === null ? null : Buffer.from(text, 'base64'))
  const headers = stored.headers.map(([name, content]) => [name, Buffer.from(content, 'base64')] as const)
  const record = { ...stored, key: bytes(stored.key), value: bytes(stored.value), headers }
  return { id: idOf(item), record, rank: item.rank.S!, dueAtMs: Number(item.dueAtMs.N) }
}
