import { MillraceError } from '#models/errors.ts'
import { type BinaryQuality, measureBinary } from '#models/measure/binary.ts'
import type { FeatureValue, Pipeline } from '#models/pipeline-compiler.ts'
import { decidePromotion } from '#models/policy/promote.ts'
import { makeRowEncoder, toCategories } from '#models/rows.ts'
import { type Contender, trainContenders } from '#models/trainer/train.ts'
import { sliceRows, type TrainingSet } from '#models/training-set.ts'
import type { Manifest } from '../bundles/manifest.ts'
import { promote, type ReadPointer, readBundle, readPointer, sha256Of, writeBundle } from '../bundles/registry.ts'
import { type LoadOnnx, loadScorer } from '../bundles/scorer.ts'
import type { ObjectStore } from '../ports.ts'

/** Labelled rows in event-time order: `features[row]` as they travelled. */
export interface TrainingRows {
  readonly atMs: readonly number[]
  readonly targets: readonly number[]
  readonly features: readonly (readonly FeatureValue[])[]
  readonly objectCount: number
}
export type ReadTrainingRows = () => Promise<TrainingRows>

/** What a run of retrain came to. */
export type RetrainOutcome =
  | { readonly trained: false; readonly reason: string }
  | { readonly trained: true; readonly version: string; readonly promoted: boolean; readonly reason: string; readonly rows: number }

/** The later share of the rows that a candidate is measured on and never trained on, at most. */
const holdoutRatio = 0.2
/** Rows kept in the bundle with their scores. */
const goldenRowCount = 20
/** How often a lost compare-and-swap is decided again. */
const promotionTries = 5

/**
 * Trains a candidate on the earlier rows, measures it and the champion on the later ones, writes the bundle, and promotes it if it is better.
 */
export function makeRetrain(ports: {
  readonly pipeline: Pipeline
  readonly readRows: ReadTrainingRows
  readonly models: ObjectStore
  readonly load: LoadOnnx
  readonly nowMs: () => number
}): () => Promise<RetrainOutcome> {
  const { pipeline, readRows, models, load, nowMs } = ports

  return async () => {
    const rows = await readRows()
    const rowCount = rows.atMs.length
    const holdoutCount = Math.min(Math.ceil(rowCount * holdoutRatio), pipeline.retrain.holdoutRowsAtMost)
    if (holdoutCount < pipeline.promoteWhen.rowsAtLeast) {
      const reason = `${holdoutCount} holdout rows, ${pipeline.promoteWhen.rowsAtLeast} wanted: ${rowCount} labelled rows in ${rows.objectCount} objects`
      return { trained: false, reason }
    }
    const trainCount = rowCount - holdoutCount
    const candidate = await trainCandidate(pipeline, rows, trainCount)
    if (!candidate.ok) return { trained: false, reason: candidate.reason }

    for (let attempt = 0; attempt < promotionTries; attempt++) {
      const read = await readPointer(models, pipeline.name)
      const rival =
        (await measureChampion(pipeline, models, load, read, rows, trainCount)) ?? baseRateRival(pipeline, candidate.set, trainCount)
      const decision = decidePromotion(pipeline.promoteWhen, candidate.contenders[0].holdout, rival)
      const manifest = toManifest({ pipeline, rows, trainCount, candidate, rival, decision, read, nowMs: nowMs() })
      await writeBundle(models, { onnx: candidate.onnx, manifest })
      const { version } = manifest
      const outcome = { trained: true as const, version, rows: rows.atMs.length, reason: decision.reason }
      if (!decision.promote) return { ...outcome, promoted: false }
      if (await promote(models, pipeline.name, { read, version, reason: decision.reason, nowMs: nowMs() }))
        return { ...outcome, promoted: true }
    }
    throw new MillraceError('CHAMPION_CONFLICT', `the champion pointer moved ${promotionTries} times while deciding; try again`, {
      retryable: true,
    })
  }
}

interface Candidate {
  readonly ok: true
  readonly set: TrainingSet
  /** One model of each trainer, the best first: that one is the candidate. */
  readonly contenders: readonly [Contender, ...Contender[]]
  readonly onnx: Uint8Array
}

/** Dictionaries and weights come from the earlier rows alone. */
async function trainCandidate(
  pipeline: Pipeline,
  rows: TrainingRows,
  trainCount: number,
): Promise<Candidate | { readonly ok: false; readonly reason: string }> {
  const features = pipeline.features.map((feature, column) => ({
    ...feature,
    categories: feature.kind === 'category' ? toCategories(rows.features.slice(0, trainCount).map(row => row[column])) : [],
  }))
  const block = makeRowEncoder(features)(rows.features)
  const weights = recencyWeights(rows.atMs, rows.atMs[trainCount - 1], pipeline.retrain.halfLifeMs)
  const set = { features, block, targets: Float32Array.from(rows.targets), ...(weights ? { weights } : {}) }
  try {
    const contenders = await trainContenders(set, trainCount, pipeline.trainer, pipeline.decide.positiveAtLeast)
    const onnx = contenders[0].model.toOnnx({ pipeline: pipeline.name, definition: pipeline.definition, rows: String(trainCount) })
    return { ok: true, set, contenders, onnx }
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'TRAINING_IMPOSSIBLE') return { ok: false, reason: error.message }
    throw error
  }
}

/** Weights that halve with every `halfLifeMs` before `latestMs`; undefined where all weigh the same. */
function recencyWeights(atMs: readonly number[], latestMs: number, halfLifeMs: number | undefined): Float32Array | undefined {
  return halfLifeMs === undefined ? undefined : Float32Array.from(atMs, ms => 2 ** ((ms - latestMs) / halfLifeMs))
}

interface Rival {
  readonly name: string
  readonly quality: BinaryQuality
}

/** The champion on the holdout rows, scored anew; undefined where there is none that this definition can use. */
async function measureChampion(
  pipeline: Pipeline,
  models: ObjectStore,
  load: LoadOnnx,
  { champion }: ReadPointer,
  rows: TrainingRows,
  trainCount: number,
): Promise<Rival | undefined> {
  if (!champion) return undefined
  try {
    const scorer = await loadScorer(load, await readBundle(models, pipeline.name, champion.version), pipeline.definition)
    try {
      const scores = await scorer.score(rows.features.slice(trainCount))
      const quality = measureBinary(scores, rows.targets.slice(trainCount), pipeline.decide.positiveAtLeast)
      return { name: `champion ${champion.version}`, quality }
    } finally {
      await scorer.release()
    }
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'BUNDLE_INVALID') return undefined
    throw error
  }
}

/** What a candidate must beat where there is no champion: the constant share of yes in its own training rows. */
function baseRateRival(pipeline: Pipeline, set: TrainingSet, trainCount: number): Rival {
  const { targets } = sliceRows(set, 0, trainCount)
  const later = sliceRows(set, trainCount, set.block.rowCount).targets
  const baseRate = targets.reduce((sum, target) => sum + target, 0) / targets.length
  return {
    name: 'base rate',
    quality: measureBinary(new Float64Array(later.length).fill(baseRate), later, pipeline.decide.positiveAtLeast),
  }
}

function toManifest(parts: {
  readonly pipeline: Pipeline
  readonly rows: TrainingRows
  readonly trainCount: number
  readonly candidate: Candidate
  readonly rival: Rival
  readonly decision: Manifest['decision']
  readonly read: ReadPointer
  readonly nowMs: number
}): Manifest {
  const { pipeline, rows, trainCount, candidate, rival, decision, read, nowMs } = parts
  const [{ kind, model, holdout }] = candidate.contenders
  const sha256 = sha256Of(candidate.onnx)
  const fromMs = rows.atMs[0]
  const toMs = rows.atMs[trainCount - 1]
  const goldenRows = rows.features.slice(-goldenRowCount)
  return {
    version: `${new Date(toMs).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}-${sha256.slice(0, 8)}`,
    pipeline: pipeline.name,
    definition: pipeline.definition,
    sha256,
    trainer: kind,
    features: candidate.set.features.map(({ name, kind, categories }) => ({ name, kind, categories: [...categories] })),
    golden: {
      rows: goldenRows.map(row => [...row]),
      scores: [...model.score(makeRowEncoder(candidate.set.features)(goldenRows))],
    },
    training: { rowCount: trainCount, fromMs, toMs },
    holdout,
    contenders: candidate.contenders.map(contender => ({
      trainer: contender.kind,
      holdout: contender.holdout,
      trainMs: contender.trainMs,
    })),
    rival,
    decision,
    parent: read.champion?.version ?? null,
    settings: { ...pipeline.trainer[kind] },
    trainedAtMs: nowMs,
  }
}
