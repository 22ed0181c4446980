import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { decodeFeedback, decodePrediction } from '../decode.ts'
import type { CounterStore, KafkaRecord, Step } from '../ports.ts'
import { countPartition } from './count-partition.ts'
import { type CountedRow, isCountable } from './rows.ts'

/**
 * How long the table remembers a counter that nothing is added to, beyond the time that a label may take: a model's tallies go when it has
 * long been out of service, and a row's place when no topic holds its record any more.
 */
const keptBeyondMs = 30 * 86_400_000

/** Counts predictions, the quality of those whose label has come, and the duels of models that scored the same rows. */
export function makeEvaluate(ports: { readonly pipeline: Pipeline; readonly counters: CounterStore; readonly nowMs: () => number }): Step {
  const { pipeline, counters, nowMs } = ports
  const { positiveAtLeast } = pipeline.decide
  const feedbackTopic = topicName(pipeline.name, 'feedback')
  /** Where rows of each topic come from; of any other place, guards would have to remember as many as somebody makes up. */
  const [eventsTopic, labelsTopic] = [topicName(pipeline.name, 'events'), topicName(pipeline.name, 'labels')]

  return async records => {
    const rows = records.flatMap(record => {
      const row = toRow(record, feedbackTopic)
      const home = record.topic === feedbackTopic ? labelsTopic : eventsTopic
      return row && row.source.topic === home && isCountable(row) ? [{ ...row, partition: `${record.topic}-${record.partition}` }] : []
    })
    const expiresAtSec = Math.ceil((nowMs() + pipeline.labelArrivesWithinMs + keptBeyondMs) / 1_000)
    for (const [partition, group] of Map.groupBy(rows, row => row.partition)) {
      await countPartition({ store: counters, positiveAtLeast, expiresAtSec }, partition, group)
    }
    return { counts: { counted: rows.length, invalid: records.length - rows.length } }
  }
}

function toRow(record: KafkaRecord, feedbackTopic: string): CountedRow | undefined {
  if (record.topic === feedbackTopic) {
    const decoded = decodeFeedback(record)
    return decoded.ok ? { prediction: decoded.value, target: decoded.value.target, source: decoded.value.labelSource } : undefined
  }
  const decoded = decodePrediction(record)
  return decoded.ok ? { prediction: decoded.value, source: decoded.value.source } : undefined
}
