import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  type ConsumedCapacity,
  DynamoDBClient,
  type KeysAndAttributes,
  PutItemCommand,
  QueryCommand,
  type ReturnConsumedCapacity,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { MillraceError } from '#models/errors.ts'
import type { StateItem, StateStore } from '../ports.ts'
import { mapConcurrently, pauseBeforeRetry } from './concurrency.ts'
import { isThrottled } from './dynamo-calls.ts'
import { requestHandler } from './request-handler.ts'

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)
/** The quickest level halves JSON of numbers three times over; higher ones take longer than they save. */
const compression = { level: 1 }
const triesAtMost = 8
/** DynamoDB has no call that changes many items. */
const updatesAtOnce = 16

type Item = Readonly<Record<string, AttributeValue>>

/** What the calls of a store cost, for whoever measures it. */
export type OnCall = (call: { readonly name: string; readonly units: number }) => void

/** The state table on DynamoDB: one item a place, its body compressed. Reads are strongly consistent. */
export function dynamoState(
  table: string,
  { client = new DynamoDBClient({ requestHandler }), onCall }: { client?: DynamoDBClient; onCall?: OnCall } = {},
): StateStore {
  const measured = onCall ? { ReturnConsumedCapacity: 'TOTAL' as ReturnConsumedCapacity } : {}
  const query = (log: string, more: object) => ({
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: '#log = :log',
    ExpressionAttributeNames: { '#log': 'log' },
    ExpressionAttributeValues: { ':log': { S: log } },
    ...measured,
    ...more,
  })

  /** Writes, again while it is throttled; false where the condition does not hold. */
  async function write(name: string, failure: string, send: () => Promise<{ readonly ConsumedCapacity?: ConsumedCapacity | undefined }>) {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await send()
        onCall?.({ name, units: answer.ConsumedCapacity?.CapacityUnits ?? 0 })
        return true
      } catch (cause) {
        const { name: error, message } = cause as Error
        if (error === 'ConditionalCheckFailedException') return false
        if (!isThrottled(error) || attempt >= triesAtMost) throw failed(`${failure}: ${error}: ${message}`, cause)
        await pauseBeforeRetry(attempt)
      }
    }
  }

  return {
    async read(places) {
      const items: StateItem[] = []
      let request: KeysAndAttributes | undefined = { Keys: places.map(toKey), ConsistentRead: true }
      for (let attempt = 0; request?.Keys?.length; attempt++) {
        if (attempt >= triesAtMost) throw failed(`${request.Keys.length} items could not be read in ${triesAtMost} tries`)
        const answer: BatchGetItemCommandOutput = await client.send(
          new BatchGetItemCommand({ RequestItems: { [table]: request }, ...measured }),
        )
        onCall?.({ name: 'BatchGetItem', units: answer.ConsumedCapacity?.[0]?.CapacityUnits ?? 0 })
        const found = answer.Responses?.[table] ?? []
        items.push(...(await Promise.all(found.map(toItem))))
        request = answer.UnprocessedKeys?.[table]
        if (found.length > 0)
          attempt = -1 // 16 MB an answer: going on is no retry
        else if (request) await pauseBeforeRetry(attempt + 1)
      }
      return items
    },
    async readAfter(log, number) {
      const items: StateItem[] = []
      let start: Record<string, AttributeValue> | undefined
      do {
        const answer = await client.send(
          new QueryCommand({
            ...query(log, { KeyConditionExpression: '#log = :log AND #number > :number' }),
            ExpressionAttributeNames: { '#log': 'log', '#number': 'number' },
            ExpressionAttributeValues: { ':log': { S: log }, ':number': { N: String(number) } },
            ...(start ? { ExclusiveStartKey: start } : {}),
          }),
        )
        onCall?.({ name: 'Query', units: answer.ConsumedCapacity?.CapacityUnits ?? 0 })
        items.push(...(await Promise.all((answer.Items ?? []).map(toItem))))
        start = answer.LastEvaluatedKey
      } while (start)
      return items
    },
    async readLast(log) {
      const answer = await client.send(new QueryCommand(query(log, { ScanIndexForward: false, Limit: 1 })))
      onCall?.({ name: 'Query', units: answer.ConsumedCapacity?.CapacityUnits ?? 0 })
      return answer.Items?.[0] ? toItem(answer.Items[0]) : undefined
    },
    async append({ log, number, body, expiresAtSec }) {
      const Item = {
        ...toKey({ log, number }),
        body: { B: await deflate(body, compression) },
        ...(expiresAtSec > 0 ? { expiresAtSec: { N: String(expiresAtSec) } } : {}),
      }
      const command = new PutItemCommand({
        TableName: table,
        Item,
        ConditionExpression: 'attribute_not_exists(#log)',
        ExpressionAttributeNames: { '#log': 'log' },
        ...measured,
      })
      return write('PutItem', 'an item could not be written', () => client.send(command))
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
          ...measured,
        })
        await write('UpdateItem', "an item's end could not be set", () => client.send(command))
      })
    },
  }
}

function failed(what: string, cause?: unknown): MillraceError {
  return new MillraceError('STORE_FAILED', `the state table: ${what}`, { retryable: true, cause })
}

function toKey({ log, number }: Pick<StateItem, 'log' | 'number'>): Record<string, AttributeValue> {
  return { log: { S: log }, number: { N: String(number) } }
}

async function toItem({ log, number, body, expiresAtSec }: Item): Promise<StateItem> {
  return { log: log.S!, number: Number(number.N), body: new Uint8Array(await inflate(body.B!)), expiresAtSec: Number(expiresAtSec?.N ?? 0) }
}
