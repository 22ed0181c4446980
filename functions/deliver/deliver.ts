import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { decodePrediction } from '../decode.ts'
import type { KafkaRecord, Notify, OutgoingRecord, PredictionRow, PredictionTable, SendRecords, Step } from '../ports.ts'
import type { Prediction } from '../records.ts'
import { toRejected } from '../rejected.ts'

/** How long a prediction stays in the table after its label's lateness has ended. */
const graceMs = 86_400_000

/**
 * Puts each prediction into the table, where `join` and the team's own readers find it, and notifies where the decision asks for it.
 *
 * Notifications are at-least-once: a batch that comes again may send one again; its id is in the message.
 */
export function makeDeliver(ports: {
  readonly pipeline: Pipeline
  readonly table: Pick<PredictionTable, 'write'>
  readonly notify: Notify
  readonly send: SendRecords
}): Step {
  const { pipeline, table, notify, send } = ports
  const rejectedTopic = topicName(pipeline.name, 'rejected')

  return async records => {
    const rejected: OutgoingRecord[] = []
    const rows = new Map<string, PredictionRow>() // a batch may hold an id twice, a table write may not: the last one counts
    const urgent: Prediction[] = []
    const idOf = new Map<KafkaRecord, string>()
    for (const record of records) {
      const decoded = decodePrediction(record)
      if (!decoded.ok) {
        rejected.push(toRejected(rejectedTopic, record, { step: 'deliver', ...decoded }))
        continue
      }
      const prediction = decoded.value
      idOf.set(record, prediction.id)
      rows.set(prediction.id, toRow(pipeline, prediction, String(record.value)))
      if (prediction.decision === 'notify') urgent.push(prediction)
    }
    const unwritten = await table.write([...rows.values()])
    const written = urgent.filter(({ id }) => !unwritten.has(id))
    await notify(written.map(prediction => toMessage(pipeline, prediction)))
    await send(rejected)
    return {
      failed: fromFirstFailed(records, record => unwritten.has(idOf.get(record) ?? '')),
      counts: { delivered: rows.size - unwritten.size, notified: written.length, rejected: rejected.length },
    }
  }
}

function toRow(pipeline: Pipeline, prediction: Prediction, record: string): PredictionRow {
  const { id, score, decision, model, atMs, scoredAtMs } = prediction
  const expiresAtSec = Math.ceil((scoredAtMs + pipeline.labelArrivesWithinMs + graceMs) / 1000)
  return { id, score, decision, model, atMs, record, expiresAtSec }
}

function toMessage(pipeline: Pipeline, { id, score, model, atMs }: Prediction) {
  return {
    id,
    subject: `${pipeline.name}: ${id} scored ${score?.toFixed(3)}`,
    body: JSON.stringify({ pipeline: pipeline.name, id, score, model, atMs }),
  }
}

/** Every record of a partition from its first failed one on: what Lambda's partial-failure answer must list. */
export function fromFirstFailed(records: readonly KafkaRecord[], isFailed: (record: KafkaRecord) => boolean): KafkaRecord[] {
  const broken = new Set<string>()
  return records.filter(record => {
    const partition = `${record.topic}-${record.partition}`
    if (isFailed(record)) broken.add(partition)
    return broken.has(partition)
  })
}
