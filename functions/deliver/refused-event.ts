import type { Pipeline } from '#models/pipeline-compiler.ts'
import { decodeFeatures, decodeJson } from '../decode.ts'
import type { KafkaRecord, RefusedEvent } from '../ports.ts'
import type { RejectionCode } from '../records.ts'
import { parseRejected } from '../rejected.ts'

/** Rejections after which an id may have a prediction all the same: of an event that came before. */
const isOfRepeat = (code: RejectionCode) => code === 'EVENT_REPEATED'

/**
 * The event of a rejection, so that a label for it need not wait; undefined where it is not an event that was rejected, or where its id
 * cannot be read, as of a value that is no JSON.
 */
export function toRefusedEvent(pipeline: Pick<Pipeline, 'idOf'>, record: KafkaRecord, expiresAtSec: number): RefusedEvent | undefined {
  const rejection = parseRejected(record)
  if (!rejection || isOfRepeat(rejection.code)) return undefined
  const id = readers[rejection.step]?.(pipeline, record)
  return id === undefined ? undefined : { id, code: rejection.code, expiresAtSec }
}

/** How the id is read, by the step that rejected the record; other steps reject no events. */
const readers: Readonly<Record<string, (pipeline: Pick<Pipeline, 'idOf'>, record: KafkaRecord) => string | undefined>> = Object.assign(
  Object.create(null),
  {
    preprocess: (pipeline: Pick<Pipeline, 'idOf'>, record: KafkaRecord) => {
      const json = decodeJson(record)
      return json.ok ? pipeline.idOf(json.value) : undefined
    },
    infer: (_pipeline: unknown, record: KafkaRecord) => {
      const features = decodeFeatures(record)
      return features.ok ? features.value.id : undefined
    },
  },
)
