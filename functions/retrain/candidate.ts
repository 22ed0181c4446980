import { MillraceError } from '#models/errors.ts'
import { categoriesOf, encodeColumns } from '#models/feature-columns.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { type Contender, trainContenders } from '#models/trainer/train.ts'
import type { TrainingSet } from '#models/training-set.ts'
import type { TrainingRows } from './retrain.ts'

/** What a training gave: the best contender is the candidate. */
export interface Candidate {
  readonly ok: true
  readonly set: TrainingSet
  readonly contenders: readonly [Contender, ...Contender[]]
  readonly onnx: Uint8Array
}

/** Trains every trainer of the definition; dictionaries and weights come from the first `trainCount` rows alone. */
export async function trainCandidate(
  pipeline: Pipeline,
  rows: TrainingRows,
  trainCount: number,
  clockMs: () => number,
): Promise<Candidate | { readonly ok: false; readonly reason: string }> {
  const features = pipeline.features.map((feature, column) => ({
    ...feature,
    categories: categoriesOf(rows.features[column], trainCount),
  }))
  const block = encodeColumns(features, rows.features)
  const weights = toWeights(rows, rows.atMs[trainCount - 1], pipeline.retrain.halfLifeMs)
  const set = { features, block, targets: Float32Array.from(rows.targets), ...(weights ? { weights } : {}) }
  try {
    const { positiveAtLeast } = pipeline.decide
    const contenders = await trainContenders(set, trainCount, pipeline.trainer, { positiveAtLeast, clockMs })
    const span = { fromMs: String(rows.atMs[0]), toMs: String(rows.atMs[trainCount - 1]) }
    const metadata = { pipeline: pipeline.name, definition: pipeline.definition, rows: String(trainCount), ...span }
    return { ok: true, set, contenders, onnx: contenders[0].model.toOnnx(metadata) }
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'TRAINING_IMPOSSIBLE') return { ok: false, reason: error.message }
    throw error
  }
}

/** The weights of a sample, which halve with every `halfLifeMs` before `latestMs`; undefined where all weigh the same. */
function toWeights({ atMs, weights }: TrainingRows, latestMs: number, halfLifeMs: number | undefined): Float32Array | undefined {
  if (halfLifeMs === undefined) return weights
  return Float32Array.from(atMs, (ms, row) => (weights?.[row] ?? 1) * 2 ** ((ms - latestMs) / halfLifeMs))
}
