import type { FeatureValue } from '#models/pipeline-compiler.ts'
import type { KafkaRecord } from './ports.ts'

/** Where a record came from: enough to find it again and to order it among its partition's. */
export interface Source {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** A value of topic `features`: one event as the model will see it. */
export interface FeaturesRecord {
  readonly id: string
  /** The event's own clock time. */
  readonly atMs: number
  readonly features: readonly FeatureValue[]
  /** Hash of the feature layout it was made by. */
  readonly definition: string
  /** The event's place in Kafka. */
  readonly source: Source
}

/** What the score asks for: nothing, counting as a predicted yes, or a notification as well. */
export type Decision = 'none' | 'positive' | 'notify'

/** Which of the models in service gave a score that counts: the champion, or the challenger for its share of the keys. */
export type Arm = 'champion' | 'challenger'

/** What another model in service gave the same row: kept for comparison, never decided on, never delivered. */
export interface ShadowScore {
  readonly model: string
  readonly score: number
}

/** What the layer over the champion gave a row. */
export interface LayerScore {
  /** Of the state that scored it. */
  readonly version: number
  /** What is decided by, where it is there: `score` stays the champion's. */
  readonly score: number
  /** What each of its members said, and what they had been told: models/layer/trace.ts. */
  readonly trace: string
}

/** A value of topic `predictions`: all that is needed to reproduce, audit, label and retrain. Null score: there was no champion yet. */
export interface Prediction extends FeaturesRecord {
  readonly score: number | null
  readonly decision: Decision | null
  /** Version of the bundle that scored it. */
  readonly model: string | null
  readonly arm: Arm
  /** Scores of the other models in service: the shadow, and on the challenger's keys the champion, on the champion's the challenger. */
  readonly shadows: readonly ShadowScore[]
  readonly scoredAtMs: number
  /** Absent where no layer was to be had. */
  readonly layer?: LayerScore | undefined
}

/** A value of topic `feedback`: a prediction with its truth. */
export interface Feedback extends Prediction {
  readonly target: 0 | 1
  /** When the truth was known, by the label's own clock. */
  readonly labelAtMs: number
  /** The label's place in Kafka. */
  readonly labelSource: Source
}

/** Why a record may go to `rejected`. */
export const rejectionCodes = [
  'VALUE_MISSING',
  'VALUE_NOT_JSON',
  'EVENT_INVALID',
  'EVENT_LATE',
  'EVENT_REPEATED',
  'FILTERED',
  'FEATURES_FAILED',
  'LABEL_INVALID',
  'LABEL_REPLACED',
  'LABEL_UNMATCHED',
  'RECORD_INVALID',
  'SCORE_INVALID',
] as const

export type RejectionCode = (typeof rejectionCodes)[number]

/** A record's place in Kafka. */
export function toSource({ topic, partition, offset }: KafkaRecord): Source {
  return { topic, partition, offset }
}
