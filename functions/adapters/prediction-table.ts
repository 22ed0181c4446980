import { type AttributeValue, BatchWriteItemCommand, DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb'
import type { PredictionRow, PredictionTable } from '../ports.ts'
import { cut, mapConcurrently, pauseBeforeRetry } from './concurrency.ts'
import { batchGet } from './dynamo-calls.ts'
import { requestHandler } from './request-handler.ts'

/** DynamoDB's own limit of a batch call. */
const writesPerCall = 25
/** Calls in flight from one function, and tries of what a call left unprocessed. */
const callsAtOnce = 8
const triesAtMost = 6

/** The predictions table on DynamoDB. */
export function dynamoPredictions(table: string, client = new DynamoDBClient({ requestHandler })): PredictionTable {
  return {
    async write(rows) {
      const unwritten = new Set<string>()
      await mapConcurrently(cut(rows, writesPerCall), callsAtOnce, async chunk => {
        let requests: WriteRequest[] = chunk.map(row => ({ PutRequest: { Item: toItem(row) } }))
        for (let attempt = 0; requests.length > 0 && attempt < triesAtMost; attempt++) {
          if (attempt > 0) await pauseBeforeRetry(attempt)
          const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }))
          requests = UnprocessedItems?.[table] ?? []
        }
        for (const request of requests) unwritten.add(request.PutRequest?.Item?.id.S ?? '')
      })
      return unwritten
    },
    async read(ids) {
      const found = await batchGet(client, table, {
        Keys: ids.map(id => ({ id: { S: id } })),
        ProjectionExpression: 'id, #record',
        ExpressionAttributeNames: { '#record': 'record' },
        ConsistentRead: true,
      })
      return new Map(found.map(({ id, record }) => [id.S!, record.S!]))
    },
  }
}

function toItem({ id, score, decision, model, atMs, record, expiresAtSec }: PredictionRow): Record<string, AttributeValue> {
  return {
    id: { S: id },
    ...(score === null ? {} : { score: { N: String(score) } }),
    ...(decision === null ? {} : { decision: { S: decision } }),
    ...(model === null ? {} : { model: { S: model } }),
    atMs: { N: String(atMs) },
    record: { S: record },
    expiresAtSec: { N: String(expiresAtSec) },
  }
}
