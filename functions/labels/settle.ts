import type { LabelReader, Payload, Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import type { Refusal } from '../decode.ts'
import { partitionKey } from '../partition-key.ts'
import type { KafkaRecord, OutgoingRecord, PredictionTable, WaitingTable } from '../ports.ts'
import { toRejected } from '../rejected.ts'
import { toFeedback } from './pair.ts'

/** A label that can be read, and its record. */
export interface ReadableLabel {
  readonly id: string
  readonly label: Payload
  readonly record: KafkaRecord
}

/** What became of some labels at a look. */
export interface Settled<Label extends ReadableLabel> {
  /** Pairs for topic feedback, and rejections. */
  readonly outgoing: readonly OutgoingRecord[]
  readonly joinedCount: number
  /** Those that have neither a prediction nor a reason to give up. */
  readonly early: readonly Label[]
}

/**
 * Looks once for what settles labels: the prediction of its event makes a pair, a refused event makes it a label for nothing.
 *
 * A glance costs half of a look and may overlook a prediction of a moment ago, so it decides nothing against a label: whoever glances looks
 * again at those that it finds early, and events that were refused are looked up properly, since another of their id may have a prediction.
 *
 * @param step the step that says so in a rejection
 */
export async function settleLabels<Label extends ReadableLabel>(
  ports: {
    readonly pipeline: LabelReader & Pick<Pipeline, 'name'>
    readonly table: Pick<PredictionTable, 'read' | 'peek'>
    readonly waiting: Pick<WaitingTable, 'readRefused'>
  },
  step: string,
  labels: readonly Label[],
  how: 'look' | 'glance' = 'look',
): Promise<Settled<Label>> {
  const { pipeline, table, waiting } = ports
  const predictions = new Map(await (how === 'look' ? table.read : table.peek)(distinctIds(labels)))
  const others = distinctIds(labels.filter(({ id }) => !predictions.has(id)))
  const refused = others.length > 0 ? await waiting.readRefused(others) : new Map<string, string>()
  if (how === 'glance' && refused.size > 0) {
    for (const [id, prediction] of await table.read([...refused.keys()])) predictions.set(id, prediction)
  }
  const feedbackTopic = topicName(pipeline.name, 'feedback')
  const outgoing: OutgoingRecord[] = []
  const early: Label[] = []
  let joinedCount = 0
  for (const own of labels) {
    const { id, label, record } = own
    const prediction = predictions.get(id)
    const code = refused.get(id)
    if (prediction !== undefined) {
      const feedback = toFeedback(pipeline, prediction, label, record)
      if (feedback.ok) {
        joinedCount++
        outgoing.push({ topic: feedbackTopic, key: partitionKey(record.key, id), value: JSON.stringify(feedback.value) })
      } else outgoing.push(rejectLabel(pipeline, step, record, feedback))
    } else if (code !== undefined) {
      outgoing.push(rejectLabel(pipeline, step, record, { code: 'LABEL_UNMATCHED', reason: `its event was rejected: ${code}` }))
    } else early.push(own)
  }
  return { outgoing, joinedCount, early }
}

/** The rejection of a label: as it came, with the reason. */
export function rejectLabel(
  pipeline: Pick<Pipeline, 'name'>,
  step: string,
  record: KafkaRecord,
  { code, reason }: Pick<Refusal, 'code' | 'reason'>,
): OutgoingRecord {
  return toRejected(topicName(pipeline.name, 'rejected'), record, { step, code, reason })
}

function distinctIds(labels: readonly ReadableLabel[]): string[] {
  return [...new Set(labels.map(({ id }) => id))]
}
