import { randomUUID } from 'node:crypto'
import type { Kafka } from 'kafkajs'
import { headersOf, openConsumer } from '#functions/adapters/kafka-wire.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import type { Feedback, Prediction } from '#functions/records.ts'
import { parseRejected } from '#functions/rejected.ts'
import { type TopicSuffix, topicName } from '#models/topics.ts'
import { addOutcome, noOutcomes, type Outcomes } from './outcomes.ts'

/** What came out of the pipeline, counted by reading its topics as any consumer could. */
export interface Observed {
  /** Distinct ids among predictions. */
  readonly predictions: number
  /** Predictions of an id that had one already. */
  readonly predictionsRepeated: number
  readonly unscored: number
  /** Events that were rejected before they had a prediction; rejected records of other topics are counted apart. */
  readonly rejectedEvents: number
  readonly rejectedOthers: number
  readonly rejectedByCode: Readonly<Record<string, number>>
  /** Distinct ids among feedback. */
  readonly labelsJoined: number
  /** One for each distinct id among feedback. */
  readonly outcomes: Outcomes
}

export interface Observer {
  read(): Observed
  stop(): Promise<void>
}

/**
 * Reads predictions, rejected and feedback from their beginning, beside the pipeline's own steps; `onPrediction` is shown every prediction,
 * repeated ones too.
 */
export async function startObserver(
  kafka: Kafka,
  pipeline: string,
  onPrediction: (prediction: Prediction, key: Buffer | null) => void = () => {},
): Promise<Observer> {
  const predicted = new Set<string>()
  const joined = new Set<string>()
  const outcomes = noOutcomes()
  const rejectedByCode: Record<string, number> = {}
  const counts = { predictionsRepeated: 0, unscored: 0, rejectedEvents: 0, rejectedOthers: 0 }
  const beforePrediction = [topicName(pipeline, 'events'), topicName(pipeline, 'features')] // what is rejected there gets no prediction

  const readers: Partial<Record<TopicSuffix, (record: Pick<KafkaRecord, 'key' | 'value' | 'headers' | 'recordedAtMs'>) => void>> = {
    predictions({ key, value }) {
      const prediction = JSON.parse(String(value)) as Prediction
      const { id, score } = prediction
      onPrediction(prediction, key)
      if (predicted.has(id)) counts.predictionsRepeated++
      else if (score === null) counts.unscored++
      predicted.add(id)
    },
    rejected(record) {
      const rejection = parseRejected(record as KafkaRecord)
      const code = rejection?.code ?? 'UNKNOWN'
      rejectedByCode[code] = (rejectedByCode[code] ?? 0) + 1
      if (rejection && beforePrediction.includes(rejection.source.topic)) counts.rejectedEvents++
      else counts.rejectedOthers++
    },
    feedback({ value, recordedAtMs }) {
      const feedback = JSON.parse(String(value)) as Feedback
      if (!joined.has(feedback.id)) addOutcome(outcomes, feedback, recordedAtMs)
      joined.add(feedback.id)
    },
  }
  const readerOf = new Map(Object.entries(readers).map(([suffix, read]) => [topicName(pipeline, suffix as TopicSuffix), read]))

  const consumer = openConsumer(kafka, { groupId: `${pipeline}.console.${randomUUID()}`, maxWaitTimeInMs: 200 }) // its own: it always reads all
  await consumer.connect()
  await consumer.subscribe({ topics: [...readerOf.keys()], fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      const read = readerOf.get(batch.topic)!
      for (const message of batch.messages) {
        const { key, value, timestamp } = message
        const headers = headersOf(message).map(([name, content]) => [name, content ?? Buffer.alloc(0)] as const)
        read({ key, value, headers, recordedAtMs: Number(timestamp) })
      }
    },
  })
  return {
    read: () => ({ predictions: predicted.size, labelsJoined: joined.size, rejectedByCode: { ...rejectedByCode }, outcomes, ...counts }),
    stop: () => consumer.disconnect(),
  }
}
