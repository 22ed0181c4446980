import type { Pipeline } from '#models/pipeline-compiler.ts'
import { decidePromotion } from '#models/policy/promote.ts'
import { makeRandom } from '#models/random.ts'
import { compareScores } from '#models/task/yes-no/comparison.ts'
import { measureBinary } from '#models/task/yes-no/quality.ts'
import { lossesOf } from '#models/task/yes-no.ts'
import type { BundleDecision } from '../bundles/decision.ts'
import type { ChampionPointer } from '../bundles/registry.ts'
import type { LoadOnnx, ObjectStore, TrainingRows } from '../ports.ts'
import type { Judgeable } from './candidate.ts'
import { makeLayeredLosses } from './layered-losses.ts'
import { type Placement, placeAsShadow, placeByHoldout } from './placement.ts'
import { measureRival, type Rival } from './rival.ts'

/** A decision on a candidate, with what it was decided by. */
export interface Judged {
  readonly rival: Rival
  readonly placement: Placement
  readonly decision: BundleDecision
}

export interface JudgePorts {
  readonly pipeline: Pipeline
  readonly models: Pick<ObjectStore, 'get'>
  readonly load: LoadOnnx
  readonly nowMs: () => number
}

/** Decides by the champion that is there now; asked again where another writer moved the pointer meanwhile. */
export async function judge(
  { pipeline, models, load, nowMs }: JudgePorts,
  champion: ChampionPointer | null,
  rows: TrainingRows,
  candidate: Judgeable,
  version: string,
): Promise<Judged> {
  const rowCount = rows.atMs.length
  const [best] = candidate.contenders
  const holdoutFrom = rowCount - best.holdout.rowCount
  const rival = await measureRival(pipeline, { models, load }, champion, rows, { holdoutFrom, baseRate: candidate.learnt.positiveRatio })
  const targets = rows.targets.subarray(rival.fromRow)
  const scores = best.holdoutScores.subarray(rival.fromRow - holdoutFrom)
  const quality = measureBinary(scores, targets, pipeline.decide.positiveAtLeast)
  const segments = toSegments(pipeline, rows, rival.fromRow)
  const underLayer = pipeline.layer && rival.isChampion ? makeLayeredLosses(pipeline, rows, rival.fromRow) : undefined
  const decided = decidePromotion(pipeline.promoteWhen, {
    candidate: { losses: lossesOf(scores, targets), auc: quality.auc },
    rival: { ...rival, losses: lossesOf(rival.scores, targets), auc: rival.quality.auc },
    figures: compareScores(scores, rival.scores, targets),
    random: makeRandom(rowCount),
    ...(underLayer ? { underLayer: { candidate: underLayer(scores), rival: underLayer(rival.scores) } } : {}),
    ...(segments ? { segments } : {}),
  })
  const isLive = pipeline.promoteWhen.on === 'live' && champion !== null && rival.isChampion
  const placement = isLive
    ? await placeAsShadow(pipeline, models, champion, decided, { version, trainedToMs: candidate.served.trainedOn.toMs, nowMs: nowMs() })
    : placeByHoldout(champion, decided, { version, nowMs: nowMs() })
  const decision: BundleDecision = {
    version,
    on: isLive ? 'live' : 'holdout',
    promote: placement.role === 'champion',
    reason: placement.reason,
    checks: decided.checks,
    rival: { name: rival.name, version: rival.version },
    quality: { candidate: quality, rival: rival.quality },
    decidedAtMs: nowMs(),
  }
  return { rival, placement, decision }
}

/** The category that the guardrails look at, on the compared rows. */
function toSegments({ features, promoteWhen }: Pipeline, rows: TrainingRows, fromRow: number) {
  const column = features.findIndex(({ name }) => name === promoteWhen.guardrails.segmentBy)
  if (column < 0) return undefined
  const { values, categories = [] } = rows.features[column]
  return { codes: values.subarray(fromRow), names: categories }
}
