import { promisify } from 'node:util'
import { deflateRaw, deflateRawSync, inflateRaw, inflateRawSync } from 'node:zlib'
import {
  type AttributeValue,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  type QueryCommandOutput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { StateItem, StateStore } from '../ports.ts'
import { mapConcurrently, pauseBeforeRetry } from './concurrency.ts'
import { batchGet, batchPut, type DynamoItem, isThrottled, storeFailed, triesAtMost } from './dynamo-calls.ts'
import { requestHandler } from './request-handler.ts'

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)
/** The quickest level halves JSON of numbers three times over; higher ones take longer than they save. */
const compression = { level: 1 }
/** To hand a page to another thread costs more than to compress it. */
const bytesAtOnce = 32_768
/** DynamoDB has no call that changes many items. */
const updatesAtOnce = 16
const puts = { callsAtOnce: 8, triesAtMost }

/** The state table on DynamoDB: one item a place, its body compressed. Reads are strongly consistent. */
export function dynamoState(table: string, { client = new DynamoDBClient({ requestHandler }) } = {}): StateStore {
  const query = (log: string, more: object) => ({
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: '#log = :log',
    ExpressionAttributeNames: { '#log': 'log' },
    ExpressionAttributeValues: { ':log': { S: log } },
    ...more,
  })

  /** Writes, again while it is throttled; false where the condition does not hold. */
  async function write(failure: string, send: () => Promise<unknown>) {
    for (let attempt = 1; ; attempt++) {
      try {
        await send()
        return true
      } catch (cause) {
        const { name: error, message } = cause as Error
        if (error === 'ConditionalCheckFailedException') return false
        if (!isThrottled(error) || attempt >= triesAtMost) throw storeFailed(table, `${failure}: ${error}: ${message}`, cause)
        await pauseBeforeRetry(attempt)
      }
    }
  }

  return {
    async read(places) {
      const found = await batchGet(client, table, { Keys: places.map(toKey), ConsistentRead: true })
      return Promise.all(found.map(toItem))
    },
    async readAfter(log, number) {
      const items: StateItem[] = []
      let start: Record<string, AttributeValue> | undefined
      do {
        const answer: QueryCommandOutput = await client.send(
          new QueryCommand({
            ...query(log, { KeyConditionExpression: '#log = :log AND #number > :number' }),
            ExpressionAttributeNames: { '#log': 'log', '#number': 'number' },
            ExpressionAttributeValues: { ':log': { S: log }, ':number': { N: String(number) } },
            ...(start ? { ExclusiveStartKey: start } : {}),
          }),
        )
        items.push(...(await Promise.all((answer.Items ?? []).map(toItem))))
        start = answer.LastEvaluatedKey
      } while (start)
      return items
    },
    async readLast(log) {
      const answer = await client.send(new QueryCommand(query(log, { ScanIndexForward: false, Limit: 1 })))
      return answer.Items?.[0] ? toItem(answer.Items[0]) : undefined
    },
    async append(item) {
      const command = new PutItemCommand({
        TableName: table,
        Item: await toAttributes(item),
        ConditionExpression: 'attribute_not_exists(#log)',
        ExpressionAttributeNames: { '#log': 'log' },
      })
      return write('an item could not be written', () => client.send(command))
    },
    async put(items) {
      const { length } = await batchPut(client, table, await Promise.all(items.map(toAttributes)), puts)
      if (length > 0) throw storeFailed(table, `${length} items could not be written in ${triesAtMost} tries`)
    },
    expire(places, atSec) {
      return mapConcurrently(places, updatesAtOnce, async place => {
        const command = new UpdateItemCommand({
          TableName: table,
          Key: toKey(place),
          UpdateExpression: 'SET expiresAtSec = :at',
          ConditionExpression: 'attribute_exists(#log)',
          ExpressionAttributeNames: { '#log': 'log' },
          ExpressionAttributeValues: { ':at': { N: String(atSec) } },
        })
        await write("an item's end could not be set", () => client.send(command))
      })
    },
  }
}

function toKey({ log, number }: Pick<StateItem, 'log' | 'number'>): Record<string, AttributeValue> {
  return { log: { S: log }, number: { N: String(number) } }
}

async function toAttributes({ log, number, body, expiresAtSec }: StateItem): Promise<Record<string, AttributeValue>> {
  return {
    ...toKey({ log, number }),
    body: { B: body.length <= bytesAtOnce ? deflateRawSync(body, compression) : await deflate(body, compression) },
    ...(expiresAtSec > 0 ? { expiresAtSec: { N: String(expiresAtSec) } } : {}),
  }
}

async function toItem({ log, number, body, expiresAtSec }: DynamoItem): Promise<StateItem> {
  const bytes = body.B!
  const whole = bytes.length <= bytesAtOnce / 4 ? inflateRawSync(bytes) : await inflate(bytes)
  return {
    log: log.S!,
    number: Number(number.N),
    body: new Uint8Array(whole.buffer, whole.byteOffset, whole.length),
    expiresAtSec: Number(expiresAtSec?.N ?? 0),
  }
}
