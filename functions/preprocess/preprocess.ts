import type { FeatureValue, Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { type Decoded, decodeJson } from '../decode.ts'
import type { KafkaRecord, OutgoingRecord, SendRecords, Step } from '../ports.ts'
import { type FeaturesRecord, toSource } from '../records.ts'
import { toRejected } from '../rejected.ts'

/** Turns each event into its feature vector, or into a rejection that says why. */
export function makePreprocess({ pipeline, send }: { readonly pipeline: Pipeline; readonly send: SendRecords }): Step {
  const featuresTopic = topicName(pipeline.name, 'features')
  const rejectedTopic = topicName(pipeline.name, 'rejected')

  return async records => {
    let rejected = 0
    const outgoing = records.map((record): OutgoingRecord => {
      const made = toFeaturesRecord(pipeline, record)
      if (made.ok) return { topic: featuresTopic, key: record.key ?? made.value.id, value: JSON.stringify(made.value) }
      rejected++
      return toRejected(rejectedTopic, record, { step: 'preprocess', ...made })
    })
    await send(outgoing)
    return { counts: { accepted: records.length - rejected, rejected } }
  }
}

/** Decode, validate, filter, join, features: the whole of preprocessing for one event. */
export function toFeaturesRecord(pipeline: Pipeline, record: KafkaRecord): Decoded<FeaturesRecord> {
  const json = decodeJson(record)
  if (!json.ok) return json
  const parsed = pipeline.parseEvent(json.value)
  if (!parsed.ok) return { ok: false, code: 'EVENT_INVALID', reason: `${parsed.field}: ${parsed.reason}` }
  const event = parsed.value
  let features: FeatureValue[]
  try {
    if (!pipeline.isScored(event)) return { ok: false, code: 'FILTERED', reason: "the definition's filter leaves it out" }
    features = pipeline.toFeatures(event)
  } catch (error) {
    return { ok: false, code: 'FEATURES_FAILED', reason: `a function of the definition threw: ${(error as Error).message}` }
  }
  const value = {
    id: pipeline.eventId(event),
    atMs: pipeline.eventAtMs(event),
    features,
    definition: pipeline.definition,
    source: toSource(record),
  }
  return { ok: true, value }
}
