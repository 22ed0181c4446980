import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { PredictionRow, PredictionTable } from '../ports.ts'
import { batchGet, batchPut, type DynamoItem } from './dynamo-calls.ts'
import { requestHandler } from './request-handler.ts'

/** Calls in flight from one function, and tries of what a call left unprocessed. */
const writing = { callsAtOnce: 8, triesAtMost: 6 }

/** The predictions table on DynamoDB. */
export function dynamoPredictions(table: string, client = new DynamoDBClient({ requestHandler })): PredictionTable {
  const readRecords = async (ids: readonly string[], ConsistentRead: boolean) => {
    const found = await batchGet(client, table, {
      Keys: ids.map(id => ({ id: { S: id } })),
      ProjectionExpression: 'id, #record',
      ExpressionAttributeNames: { '#record': 'record' },
      ConsistentRead,
    })
    return new Map(found.map(({ id, record }) => [id.S!, record.S!]))
  }
  return {
    async write(rows) {
      const unwritten = await batchPut(client, table, rows.map(toItem), writing)
      return new Set(unwritten.map(({ id }) => id.S!))
    },
    read: ids => readRecords(ids, true),
    peek: ids => readRecords(ids, false),
  }
}

function toItem({ id, score, decision, model, atMs, record, expiresAtSec }: PredictionRow): DynamoItem {
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
