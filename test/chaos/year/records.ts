import type { Feedback, Prediction } from '#functions/records.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRandom } from '#models/random.ts'

/** Partitions of every topic. */
export const partitionCount = 6

/** A record to be: its key, and its value as JSON. */
export interface StreamRecord {
  readonly key: string
  readonly value: string
}

/** Which models scored a stream's rows. */
export interface Scored {
  readonly model: string
  readonly shadow?: string
  readonly atMs: number
}

export const idOf = (at: number) => `flight-of-the-year-${String(at).padStart(10, '0')}`

/** The n-th prediction of an hour: every feature is there, so that a record is as large as one can be. */
export function predictionAt(at: number, { model, shadow, atMs }: Scored): Prediction {
  const random = makeRandom(at + 1)
  const features = pipeline.features.map(({ kind }) => {
    return kind === 'number' ? Math.round(random() * 100_000) / 1_000 : `A${Math.floor(random() * 300)}`
  })
  return {
    id: idOf(at),
    atMs,
    features,
    model,
    arm: 'champion',
    definition: pipeline.definition,
    score: random() * 0.7, // none asks for attention
    decision: 'none',
    shadows: shadow === undefined ? [] : [{ model: shadow, score: random() }],
    source: sourceOf('events', at),
    scoredAtMs: atMs + 500,
  }
}

/** The same once its label has come. */
export function feedbackAt(at: number, scored: Scored): Feedback {
  const target = makeRandom(at + 7)() < 0.2 ? (1 as const) : (0 as const)
  return { ...predictionAt(at, scored), target, labelAtMs: scored.atMs, labelSource: sourceOf('labels', at) }
}

/** Keys of events and of their labels are the same, so both stand in the same partition. */
const sourceOf = (topic: string, at: number) => ({
  topic: `${pipeline.name}.${topic}`,
  partition: at % partitionCount,
  offset: Math.floor(at / partitionCount),
})

/** What the n-th record of each topic says. */
export const valuesOf: Readonly<Record<string, (at: number, scored: Scored) => object>> = {
  events: (at, { atMs }) => ({ flightId: idOf(at), departedAtMs: atMs, origin: 'JFK', destination: 'LAX', distanceMiles: 2_475 }),
  labels: (at, { atMs }) => ({ flightId: idOf(at), landedAtMs: atMs, origin: 'JFK', destination: 'LAX', delayMinutes: at % 60 }),
  features(at, scored) {
    const { id, atMs, features, definition, source } = predictionAt(at, scored)
    return { id, atMs, features, definition, source }
  },
  predictions: predictionAt,
  feedback: feedbackAt,
}

/** Records of a topic as they come in a batch: of all partitions, each in its order. */
export function toPayload(topic: string, rows: readonly StreamRecord[], firstAt: number, recordedAtMs: number): string {
  const records: Record<string, object[]> = {}
  rows.forEach(({ key, value }, row) => {
    const partition = (firstAt + row) % partitionCount
    const name = `${topic}-${partition}`
    records[name] ??= []
    records[name].push({
      topic,
      partition,
      offset: Math.floor((firstAt + row) / partitionCount),
      timestamp: recordedAtMs,
      timestampType: 'LOG_APPEND_TIME',
      key: Buffer.from(key).toString('base64'),
      value: Buffer.from(value).toString('base64'),
      headers: [],
    })
  })
  return JSON.stringify({ eventSource: 'aws:kafka', eventSourceArn: 'arn', bootstrapServers: 'b', records })
}
