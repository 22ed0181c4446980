import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import type { Scorer } from '../bundles/scorer.ts'
import { decodeFeatures } from '../decode.ts'
import type { OutgoingRecord, SendRecords, Step } from '../ports.ts'
import type { Decision, FeaturesRecord, Prediction } from '../records.ts'
import { toRejected } from '../rejected.ts'

/** The model in service, as infer asks for it before each batch; undefined while there is none. */
export type CurrentChampion = () => Promise<Scorer | undefined>

/**
 * Scores each feature vector with the champion: one model call a batch, so that no batch has two champions.
 *
 * Without a champion, and for a row made by another feature layout, score and model are null: the row still goes on.
 */
export function makeInfer(ports: {
  readonly pipeline: Pipeline
  readonly champion: CurrentChampion
  readonly send: SendRecords
  readonly nowMs: () => number
}): Step {
  const { pipeline, champion, send, nowMs } = ports
  const predictionsTopic = topicName(pipeline.name, 'predictions')
  const rejectedTopic = topicName(pipeline.name, 'rejected')

  return async records => {
    const outgoing: OutgoingRecord[] = []
    const rows: FeaturesRecord[] = []
    const keys: (Buffer | string)[] = []
    for (const record of records) {
      const decoded = decodeFeatures(record)
      if (decoded.ok) {
        rows.push(decoded.value)
        keys.push(record.key ?? decoded.value.id)
      } else {
        outgoing.push(toRejected(rejectedTopic, record, { step: 'infer', ...decoded }))
      }
    }
    const rejected = outgoing.length
    const predictions = await scoreRows(pipeline, rows, await champion(), nowMs())
    predictions.forEach((prediction, row) => {
      outgoing.push({ topic: predictionsTopic, key: keys[row], value: JSON.stringify(prediction) })
    })
    await send(outgoing)
    const scored = predictions.filter(prediction => prediction.score !== null).length
    return { counts: { scored, unscored: predictions.length - scored, rejected } }
  }
}

async function scoreRows(
  pipeline: Pipeline,
  rows: readonly FeaturesRecord[],
  scorer: Scorer | undefined,
  scoredAtMs: number,
): Promise<Prediction[]> {
  const known = scorer ? rows.filter(row => row.definition === scorer.definition) : []
  const scores = scorer && known.length > 0 ? await scorer.score(known.map(row => row.features)) : []
  let next = 0
  return rows.map(({ id, atMs, features, definition, source }) => {
    const isScored = scorer !== undefined && definition === scorer.definition
    const score = isScored ? scores[next++] : null
    const decision = score === null ? null : toDecision(pipeline, score)
    return {
      id,
      atMs,
      score,
      decision,
      model: isScored ? scorer.version : null,
      arm: 'champion',
      shadows: [],
      features,
      definition,
      source,
      scoredAtMs,
    }
  })
}

function toDecision({ decide }: Pipeline, score: number): Decision {
  if (decide.notifyAtLeast !== undefined && score >= decide.notifyAtLeast) return 'notify'
  return score >= decide.positiveAtLeast ? 'positive' : 'none'
}
