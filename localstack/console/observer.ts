import { randomUUID } from 'node:crypto'
import type { Kafka } from 'kafkajs'
import { headersOf, openConsumer } from '#functions/adapters/kafka-wire.ts'
import type { KafkaRecord } from '#functions/ports.ts'
import type { Feedback, Prediction } from '#functions/records.ts'
import { parseRejected } from '#functions/rejected.ts'
import { type TopicSuffix, topicName } from '#models/topics.ts'
import type { JudgedEvents } from './latest.ts'

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
  /** Distinct ids among feedback that have a score. */
  readonly judged: JudgedEvents
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
  const judged: JudgedEvents = { atMs: [], scores: [], targets: [] }
  const rejectedByCode: Record<string, number> = {}
  const counts = { predictionsRepeated: 0, unscored: 0, rejectedEvents: 0, rejectedOthers: 0 }
  const beforePrediction = [topicName(pipeline, 'events'), topicName(pipeline, 'features')] // what is rejected there gets no prediction

  const readers: Partial<Record<TopicSuffix, (record: Pick<KafkaRecord, 'key' | 'value' | 'headers'>) => void>> = {
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
    feedback({ value }) {
      const { id, atMs, score, target } = JSON.parse(String(value)) as Feedback
      if (score !== null && !joined.has(id)) {
        judged.atMs.push(atMs)
        judged.scores.push(score)
        judged.targets.push(target)
      }
      joined.add(id)
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
        const { key, value } = message
        read({ key, value, headers: headersOf(message).map(([name, content]) => [name, content ?? Buffer.alloc(0)] as const) })
      }
    },
  })
  return {
    read: () => ({ predictions: predicted.size, labelsJoined: joined.size, rejectedByCode: { ...rejectedByCode }, judged, ...counts }),
    stop: () => consumer.disconnect(),
  }
}
