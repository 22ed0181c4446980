import type { Payload, Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { type Decoded, decodeJson, type Refusal } from '../decode.ts'
import { partitionKey } from '../partition-key.ts'
import type { KafkaRecord, OutgoingRecord, PredictionTable, SendRecords, Step } from '../ports.ts'
import { type Feedback, type Prediction, type Source, toSource } from '../records.ts'
import { toRejected } from '../rejected.ts'

/** Headers of a waiting label: when it was first seen, in milliseconds, and its place among the labels. */
const firstSeenHeader = 'millrace-first-seen-ms'
const labelSourceHeader = 'millrace-label-source'

/**
 * Pairs each label with its prediction and sends the pair to `feedback`.
 *
 * A label that finds none has come too early, or belongs to nothing. It goes round through `labels-waiting`, whose batching window is
 * the pause between two looks, until it has waited as long as the definition lets a label come; then it is rejected. It keeps its place
 * among the labels all the way, so that whoever counts pairs knows it again, however many copies a redelivery sends round. A second
 * label of an id makes a second pair: readers keep the last.
 */
export function makeJoin(ports: {
  readonly pipeline: Pipeline
  readonly table: Pick<PredictionTable, 'read'>
  readonly send: SendRecords
  readonly nowMs: () => number
}): Step {
  const { pipeline, table, send, nowMs } = ports
  const feedbackTopic = topicName(pipeline.name, 'feedback')
  const waitingTopic = topicName(pipeline.name, 'labels-waiting')
  const rejectedTopic = topicName(pipeline.name, 'rejected')

  return async records => {
    const labels = records.map(record => ({ record, decoded: decodeLabel(pipeline, record) }))
    const ids = labels.flatMap(({ decoded }) => (decoded.ok ? [pipeline.labelId(decoded.value)] : []))
    const predictions = await table.read([...new Set(ids)])
    const counts = { joined: 0, waiting: 0, rejected: 0 }
    const now = nowMs()

    const reject = (record: KafkaRecord, refusal: Omit<Refusal, 'ok'>): OutgoingRecord => {
      counts.rejected++
      return toRejected(rejectedTopic, { ...record, headers: ownHeaders(record) }, { step: 'join', ...refusal })
    }
    const outgoing = labels.map(({ record, decoded }): OutgoingRecord => {
      if (!decoded.ok) return reject(record, decoded)
      const id = pipeline.labelId(decoded.value)
      const prediction = predictions.get(id)
      if (prediction !== undefined) {
        const feedback = toFeedback(pipeline, prediction, decoded.value, record)
        if (!feedback.ok) return reject(record, feedback)
        counts.joined++
        return { topic: feedbackTopic, key: partitionKey(record.key, id), value: JSON.stringify(feedback.value) }
      }
      const firstSeenMs = firstSeenOf(record) ?? now
      if (now - firstSeenMs >= pipeline.labelArrivesWithinMs) {
        return reject(record, { code: 'LABEL_UNMATCHED', reason: `no prediction with id ${id} in ${now - firstSeenMs} ms` })
      }
      counts.waiting++
      const headers = [
        ...ownHeaders(record),
        [firstSeenHeader, String(firstSeenMs)] as const,
        [labelSourceHeader, toPlace(labelSourceOf(record))] as const,
      ]
      return { topic: waitingTopic, key: record.key ?? id, value: record.value, headers }
    })
    await send(outgoing)
    return { counts }
  }
}

function decodeLabel(pipeline: Pipeline, record: KafkaRecord): Decoded<Payload> {
  const json = decodeJson(record)
  if (!json.ok) return json
  const parsed = pipeline.parseLabel(json.value)
  return parsed.ok ? parsed : { ok: false, code: 'LABEL_INVALID', reason: `${parsed.field}: ${parsed.reason}` }
}

function toFeedback(pipeline: Pipeline, prediction: string, label: Payload, record: KafkaRecord): Decoded<Feedback> {
  try {
    const target = pipeline.toTarget(label)
    const { labelAtMs } = pipeline
    return {
      ok: true,
      value: { ...(JSON.parse(prediction) as Prediction), target, labelAtMs: labelAtMs(label), labelSource: labelSourceOf(record) },
    }
  } catch (error) {
    return { ok: false, code: 'LABEL_INVALID', reason: `label.isPositive threw: ${(error as Error).message}` }
  }
}

function firstSeenOf(record: KafkaRecord): number | undefined {
  const text = headerOf(record, firstSeenHeader)
  return text === undefined ? undefined : Number(text)
}

/** The label's place in topic labels, also where it has gone round since. */
function labelSourceOf(record: KafkaRecord): Source {
  const [, topic, partition, offset] = /^(.+)\/(\d+)\/(\d+)$/.exec(headerOf(record, labelSourceHeader) ?? '') ?? []
  return topic === undefined ? toSource(record) : { topic, partition: Number(partition), offset: Number(offset) }
}

const toPlace = ({ topic, partition, offset }: Source) => `${topic}/${partition}/${offset}`

/** The headers that a label came with. */
function ownHeaders({ headers }: KafkaRecord): KafkaRecord['headers'] {
  return headers.filter(([name]) => name !== firstSeenHeader && name !== labelSourceHeader)
}

function headerOf({ headers }: KafkaRecord, name: string): string | undefined {
  return headers.find(([own]) => own === name)?.[1].toString()
}
