import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamoCounters } from '#functions/adapters/counter-store.ts'
import { countPartition } from '#functions/counters/count-partition.ts'
import type { CountedRow } from '#functions/counters/rows.ts'
import { pipeline } from '#models/pipeline.ts'
import { feedbackAt, partitionCount, predictionAt } from './records.ts'

/** Days that the table keeps what nothing is added to: a label's lateness and thirty (functions/counters/evaluate.ts), and two until DynamoDB has removed it. */
const keptDays = pipeline.labelArrivesWithinMs / 86_400_000 + 30 + 2
/** Of each model, partition and topic, to fill its bins. */
const rowsEach = 60

/** Models whose tallies are still there after a span, the oldest first. */
export function countedVersions(versions: readonly string[]): readonly string[] {
  return versions.slice(-Math.ceil((keptDays * 86_400_000) / pipeline.retrain.everyMs))
}

/** Leaves the tallies, duels and guards of these models, as `evaluate` counts them: each was champion with the next as its shadow. */
export async function leaveCounters(client: DynamoDBClient, table: string, versions: readonly string[], endMs: number): Promise<void> {
  const counters = { store: dynamoCounters(table, client), positiveAtLeast: 0.5, expiresAtSec: Math.ceil(endMs / 1_000) + 86_400 }
  for (const [nth, model] of versions.entries()) {
    const atMs = endMs - (versions.length - nth) * pipeline.retrain.everyMs
    const scored = { model, atMs, ...(nth < versions.length - 1 && { shadow: versions[nth + 1] }) }
    for (let partition = 0; partition < partitionCount; partition++) {
      const places = Array.from({ length: rowsEach }, (_, row) => (nth * rowsEach + row) * partitionCount + partition)
      const predicted = places.map((at): CountedRow => {
        const prediction = predictionAt(at, scored)
        return { prediction, source: prediction.source }
      })
      const labelled = places.map((at): CountedRow => {
        const feedback = feedbackAt(at, scored)
        return { prediction: feedback, target: feedback.target, source: feedback.labelSource }
      })
      await countPartition(counters, `${pipeline.name}.predictions-${partition}`, predicted)
      await countPartition(counters, `${pipeline.name}.feedback-${partition}`, labelled)
    }
  }
}
