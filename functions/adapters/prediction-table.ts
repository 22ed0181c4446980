import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  BatchWriteItemCommand,
  DynamoDBClient,
  type KeysAndAttributes,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
import type { PredictionRow, PredictionTable } from '../ports.ts'
import { cut, mapConcurrently, pauseBeforeRetry } from './concurrency.ts'
import { requestHandler } from './request-handler.ts'

/** DynamoDB's own limits of a batch call. */
const writesPerCall = 25
const readsPerCall = 100
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
      const records = new Map<string, string>()
      await mapConcurrently(cut(ids, readsPerCall), callsAtOnce, async chunk => {
        let request: KeysAndAttributes | undefined = {
          Keys: chunk.map(id => ({ id: { S: id } })),
          ProjectionExpression: 'id, #record',
          ExpressionAttributeNames: { '#record': 'record' },
          ConsistentRead: true,
        }
        for (let attempt = 0; request?.Keys?.length; attempt++) {
          if (attempt >= triesAtMost) throw new Error(`${request.Keys.length} predictions could not be read in ${triesAtMost} tries`)
          if (attempt > 0) await pauseBeforeRetry(attempt)
          const { Responses, UnprocessedKeys }: BatchGetItemCommandOutput = await client.send(
            new BatchGetItemCommand({ RequestItems: { [table]: request } }),
          )
          for (const { id, record } of Responses?.[table] ?? []) records.set(id.S!, record.S!)
          request = UnprocessedKeys?.[table]
        }
      })
      return records
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
