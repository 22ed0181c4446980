import type { EventReader } from '#models/pipeline-compiler.ts'
import { decodeFeatures, decodeJson } from '../decode.ts'
import type { KafkaRecord, RefusedEvent } from '../ports.ts'
import type { RejectionCode } from '../records.ts'
import { parseRejected } from '../rejected.ts'

type IdReader = Pick<EventReader, 'parseEvent' | 'eventId'>

/**
 * Rejections after which an id has no prediction: of events that are valid. What is invalid may be a broken copy of an event that is well, or
 * comes back mended by a redrive, and a repeat is of an event that came before: their labels wait.
 */
const finalCodes: ReadonlySet<RejectionCode> = new Set(['FILTERED', 'EVENT_LATE', 'FEATURES_FAILED', 'SCORE_INVALID'])

/** How the id is read, by the step that rejected the record; other steps reject no events. */
const readers: ReadonlyMap<string, (pipeline: IdReader, record: KafkaRecord) => string | undefined> = new Map([
  ['preprocess', readEventId],
  ['infer', readFeaturesId],
])

/** The event of a rejection, so that a label for it need not wait; undefined where it may have a prediction yet, or is no event's. */
export function toRefusedEvent(pipeline: IdReader, record: KafkaRecord, expiresAtSec: number): RefusedEvent | undefined {
  const rejection = parseRejected(record)
  if (!rejection || !finalCodes.has(rejection.code)) return undefined
  const id = readers.get(rejection.step)?.(pipeline, record)
  return id === undefined ? undefined : { id, code: rejection.code, expiresAtSec }
}

function readEventId(pipeline: IdReader, record: KafkaRecord): string | undefined {
  const json = decodeJson(record)
  const event = json.ok ? pipeline.parseEvent(json.value) : json
  return event.ok ? pipeline.eventId(event.value) : undefined
}

function readFeaturesId(_pipeline: IdReader, record: KafkaRecord): string | undefined {
  const features = decodeFeatures(record)
  return features.ok ? features.value.id : undefined
}
