import type { ScoredRow } from '#models/layer/row-reader.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import type { ModelsInService } from '../bundles/models-in-service.ts'
import { decodeFeatures } from '../decode.ts'
import type { LayerAbsence } from '../layer/current.ts'
import { partitionKey } from '../partition-key.ts'
import type { KafkaRecord, OutgoingRecord, SendRecords, Step } from '../ports.ts'
import type { Decision, FeaturesRecord, LayerScore, Prediction } from '../records.ts'
import { toRejected } from '../rejected.ts'
import { withoutZeros } from '../without-zeros.ts'
import { type CandidateFailure, type RowScore, scoreRows } from './score-rows.ts'

/** The models in service, as infer asks for them before each batch. */
export type CurrentModels = () => Promise<ModelsInService>

/** A layer as infer asks it: undefined for a row that it leaves to the champion. */
export interface RowLayer {
  score(row: ScoredRow & Pick<FeaturesRecord, 'source'>): LayerScore | undefined
}

/** The layer over the models, or why there is none. */
export type LayerNow = () => Promise<RowLayer | LayerAbsence>
const noLayer: LayerNow = async () => 'off'

/**
 * Scores each feature vector with the models in service and the layer over them, which are taken once a batch: no batch has two champions.
 *
 * Where there is a layer, its score decides; the champion's stays what `score` says.
 *
 * Without a champion, and for a row made by another feature layout, score and model are null: the row still goes on. A row to which
 * the champion gives no finite score goes to `rejected`.
 */
export function makeInfer(ports: {
  readonly pipeline: Pipeline
  readonly models: CurrentModels
  /** Absent: there is none. */
  readonly layer?: LayerNow
  readonly send: SendRecords
  readonly nowMs: () => number
  /** Told of each shadow or challenger that could not score a batch. */
  readonly report?: (failure: CandidateFailure) => void
}): Step {
  const { pipeline, models, layer: layerNow = noLayer, send, nowMs, report = () => {} } = ports
  const predictionsTopic = topicName(pipeline.name, 'predictions')
  const rejectedTopic = topicName(pipeline.name, 'rejected')

  return async records => {
    const outgoing: OutgoingRecord[] = []
    const rows: FeaturesRecord[] = []
    const sources: KafkaRecord[] = []
    const keys: (Buffer | string)[] = []
    for (const record of records) {
      const decoded = decodeFeatures(record)
      if (decoded.ok) {
        rows.push(decoded.value)
        sources.push(record)
        keys.push(partitionKey(record.key, decoded.value.id))
      } else {
        outgoing.push(toRejected(rejectedTopic, record, { step: 'infer', ...decoded }))
      }
    }
    const [inService, layer] = await Promise.all([models(), layerNow()])
    const hasChampion = inService.champion !== undefined || inService.isRefused === true
    const { rows: scores, scoresInvalid, candidatesFailed } = await scoreRows(rows, keys, inService)
    candidatesFailed.forEach(report)
    const counts = {
      scored: 0,
      unscored: 0,
      /** Of the unscored: those that a champion should have scored. */
      unscoredWithChampion: 0,
      challenged: 0,
      shadowed: 0,
      scoresInvalid,
      candidatesFailed: candidatesFailed.length,
      rejected: outgoing.length,
    }
    const scoredAtMs = nowMs()
    rows.forEach((row, at) => {
      const own = scores[at]
      if (own.kind === 'invalid') {
        counts.rejected++
        outgoing.push(toRejected(rejectedTopic, sources[at], { step: 'infer', code: 'SCORE_INVALID', reason: own.reason }))
        return
      }
      if (own.kind === 'scored') {
        counts.scored++
        counts.challenged += Number(own.arm === 'challenger')
        counts.shadowed += own.shadows.length
      } else {
        counts.unscored++
        counts.unscoredWithChampion += Number(hasChampion)
      }
      const layered = typeof layer === 'string' || row.definition !== pipeline.definition ? undefined : layer.score(toLayerRow(row, own))
      outgoing.push({
        topic: predictionsTopic,
        key: keys[at],
        value: JSON.stringify(toPrediction(pipeline, row, own, { scoredAtMs, layered })),
      })
    })
    await send(outgoing)
    // The champion decided alone, though there was a layer once
    const unlayered = layer === 'broken' || layer === 'stale' || layer === 'unread' || layer === 'other definition' ? counts.scored : 0
    return { counts: { ...counts, ...withoutZeros({ unlayered }) } }
  }
}

type KnownScore = Exclude<RowScore, { readonly kind: 'invalid' }>

const toLayerRow = ({ atMs, features, source }: FeaturesRecord, own: KnownScore) => {
  return { atMs, features, source, championScore: own.kind === 'scored' ? own.score : null }
}

function toPrediction(
  pipeline: Pipeline,
  { id, atMs, features, definition, source }: FeaturesRecord,
  own: KnownScore,
  { scoredAtMs, layered }: { readonly scoredAtMs: number; readonly layered: LayerScore | undefined },
): Prediction {
  const rest = { features, definition, source, scoredAtMs, ...(layered && { layer: layered }) }
  if (own.kind === 'unscored') return { id, atMs, score: null, decision: null, model: null, arm: 'champion', shadows: [], ...rest }
  const { score, model, arm, shadows } = own
  return { id, atMs, score, decision: toDecision(pipeline, layered?.score ?? score), model, arm, shadows, ...rest }
}

function toDecision({ decide }: Pipeline, score: number): Decision {
  if (decide.notifyAtLeast !== undefined && score >= decide.notifyAtLeast) return 'notify'
  return score >= decide.positiveAtLeast ? 'positive' : 'none'
}
