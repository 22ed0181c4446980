import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamoWaiting } from '#functions/adapters/waiting-table.ts'
import { pipeline } from '#models/pipeline.ts'
import { partitionCount, valuesOf } from './records.ts'

/** Of all labels, those that wait: their predictions never come. */
export const waitingRatio = 0.01
const labelsACall = 5_000
/** Numbers of rows that no event of a measured batch has. */
const strangersFrom = 1_000_000_000

/** Leaves the labels of a day that wait; those of its first hours are due. */
export async function leaveWaiting(client: DynamoDBClient, table: string, rate: number, endMs: number): Promise<number> {
  const waiting = dynamoWaiting(table, client)
  const count = Math.round(rate * 86_400 * waitingRatio)
  for (let from = 0; from < count; from += labelsACall) {
    const labels = Array.from({ length: Math.min(labelsACall, count - from) }, (_, row) => {
      const at = strangersFrom + from + row
      const dueAtMs = endMs - 3_600_000 + Math.floor(((from + row) / count) * 86_400_000)
      const value = valuesOf.labels(at, { model: '', atMs: dueAtMs - pipeline.labelArrivesWithinMs }) as { readonly flightId: string }
      const record = {
        topic: `${pipeline.name}.labels`,
        partition: at % partitionCount,
        offset: from + row,
        recordedAtMs: dueAtMs - pipeline.labelArrivesWithinMs,
        key: Buffer.from(value.flightId),
        value: Buffer.from(JSON.stringify(value)),
        headers: [],
      }
      return { id: value.flightId, record, rank: String(at).padStart(16, '0'), dueAtMs }
    })
    await waiting.park(labels)
  }
  return count
}
