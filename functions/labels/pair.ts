import type { LabelReader, Payload } from '#models/pipeline-compiler.ts'
import { type Decoded, decodeJson } from '../decode.ts'
import type { KafkaRecord } from '../ports.ts'
import { type Feedback, type Prediction, toSource } from '../records.ts'

/** The label in a record. */
export function decodeLabel(pipeline: LabelReader, record: KafkaRecord): Decoded<Payload> {
  const json = decodeJson(record)
  if (!json.ok) return json
  const parsed = pipeline.parseLabel(json.value)
  return parsed.ok ? parsed : { ok: false, code: 'LABEL_INVALID', reason: `${parsed.field}: ${parsed.reason}` }
}

/** A prediction, as its row in the table holds it, with the label in the record. */
export function toFeedback(pipeline: LabelReader, prediction: string, label: Payload, record: KafkaRecord): Decoded<Feedback> {
  let target: 0 | 1
  try {
    target = pipeline.toTarget(label)
  } catch (error) {
    return { ok: false, code: 'LABEL_INVALID', reason: `label.isPositive threw: ${(error as Error).message}` }
  }
  const value = { ...(JSON.parse(prediction) as Prediction), target, labelAtMs: pipeline.labelAtMs(label), labelSource: toSource(record) }
  return { ok: true, value }
}
