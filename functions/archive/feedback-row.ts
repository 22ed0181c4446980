import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import type { Feedback } from '../records.ts'
import { type ArchiveRow, toPrediction } from './prediction-row.ts'

/**
 * The value of a record of topic `feedback`, from its archive row: the bytes where they were kept, else what the typed columns say, from which
 * the same values are decoded. Null for a tombstone.
 */
export function toFeedbackValue({ name }: Pick<Pipeline, 'name'>, row: ArchiveRow): Buffer | null {
  if (row.value != null) return Buffer.from(row.value as Uint8Array)
  if (row.target == null) return null
  const feedback: Feedback = {
    ...toPrediction(row),
    target: Number(row.target) as Feedback['target'],
    labelAtMs: Number(row.labelAtMs),
    labelSource: { topic: topicName(name, 'labels'), partition: Number(row.labelPartition), offset: Number(row.labelOffset) },
  }
  return Buffer.from(JSON.stringify(feedback))
}
