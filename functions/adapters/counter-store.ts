import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import { DynamoDBClient, QueryCommand, type QueryCommandOutput, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import type { CounterItem, CounterKey, CounterStore } from '../ports.ts'
import { mapConcurrently, pauseBeforeRetry } from './concurrency.ts'
import { batchGet, type DynamoItem, mayPass, storeFailed, triesAtMost } from './dynamo-calls.ts'
import { requestHandler } from './request-handler.ts'

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)
const queriesAtOnce = 8

/** The counters table on DynamoDB: the JSON of an item compressed, since each batch writes it whole and pays by the kilobyte. */
export function dynamoCounters(table: string, client = new DynamoDBClient({ requestHandler })): CounterStore {
  return {
    async read(keys) {
      const found = await batchGet(client, table, { Keys: keys.map(toKey), ConsistentRead: true })
      return Promise.all(found.map(toItem))
    },
    async readAll(partitions, prefix) {
      const found: DynamoItem[] = []
      await mapConcurrently(partitions, queriesAtOnce, async partition => {
        let start: DynamoItem | undefined
        do {
          const answer: QueryCommandOutput = await client.send(
            new QueryCommand({ TableName: table, ...toQuery(partition, prefix), ...(start && { ExclusiveStartKey: start }) }),
          )
          found.push(...(answer.Items ?? []))
          start = answer.LastEvaluatedKey
        } while (start)
      })
      return Promise.all(found.map(toItem))
    },
    async write(items) {
      const TransactItems = await Promise.all(
        items.map(async ({ version, json, expiresAtSec, ...key }) => ({
          Put: {
            TableName: table,
            Item: {
              ...toKey(key),
              version: { N: String(version + 1) },
              json: { B: await deflate(json) },
              ...(expiresAtSec !== undefined && { expiresAtSec: { N: String(expiresAtSec) } }),
            },
            ConditionExpression: 'attribute_not_exists(#version) OR #version = :version',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':version': { N: String(version) } },
          },
        })),
      )
      const command = new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: randomUUID() }) // a try that was done after all is not done again
      for (let attempt = 1; ; attempt++) {
        try {
          await client.send(command)
          return
        } catch (cause) {
          if (!mayPass(cause) || attempt >= triesAtMost)
            throw storeFailed(table, `a write of ${items.length} items failed: ${cause}`, cause)
          await pauseBeforeRetry(attempt)
        }
      }
    },
  }
}

const toKey = ({ partition, name }: CounterKey) => ({ partition: { S: partition }, name: { S: name } })

async function toItem({ partition, name, version, json }: DynamoItem): Promise<CounterItem> {
  return { partition: partition.S!, name: name.S!, version: Number(version.N), json: String(await inflate(json.B!)) }
}

function toQuery(partition: string, prefix: string) {
  const isAll = prefix === '' // which DynamoDB takes for no text at all
  return {
    KeyConditionExpression: `#partition = :partition${isAll ? '' : ' AND begins_with(#name, :prefix)'}`,
    ExpressionAttributeNames: { '#partition': 'partition', ...(!isAll && { '#name': 'name' }) },
    ExpressionAttributeValues: { ':partition': { S: partition }, ...(!isAll && { ':prefix': { S: prefix } }) },
  }
}
