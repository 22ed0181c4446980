import { MillraceError } from '#models/errors.ts'
import { categoriesOf, encodeColumns } from '#models/feature-columns.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { type RowTimes, rowsKnownBefore, selectTimes } from '#models/trainer/known-rows.ts'
import { type Contender, checkScores, spanRows, trainContenders } from '#models/trainer/train.ts'
import { type FeatureBlock, type FeatureSpec, type Model, sliceRows, type TrainingSet } from '#models/training-set.ts'
import type { TrainingRows } from '../ports.ts'

/** The rows that a model was trained on. */
export interface TrainedOn {
  readonly rowCount: number
  readonly fromMs: number
  readonly toMs: number
}

/** A trained model as the gate and the report see it, wherever it was trained. */
export interface Measured extends Pick<Contender, 'spanRatio' | 'holdoutScores' | 'holdout'> {
  readonly kind: string
  readonly model: Pick<Model, 'scoreShuffled' | 'gainImportance'> & {
    score(block: FeatureBlock): ArrayLike<number> | Promise<ArrayLike<number>>
  }
}

/** What is known of a candidate when it is judged. */
export interface Judgeable {
  readonly contenders: readonly [Measured, ...Measured[]]
  readonly holdout: TrainingSet
  readonly learnt: TrainedOn & { readonly positiveRatio: number }
  readonly gapRowCount: number
  readonly served: { readonly trainedOn: TrainedOn; readonly isRefit: boolean }
  /** Of the trainer. */
  readonly settings: Readonly<Record<string, unknown>>
}

/** What a training gave: the best contender is the candidate. */
export interface Candidate extends Judgeable {
  readonly ok: true
  readonly contenders: readonly [Contender, ...Contender[]]
  /** The rows that the contenders were measured on. */
  readonly holdout: TrainingSet
  /** The rows that the best of them learnt from, and the base rate of all that there were to learn from. */
  readonly learnt: TrainedOn & { readonly positiveRatio: number }
  /** Rows before the holdout whose label was not known when it began: neither learnt nor measured on. */
  readonly gapRowCount: number
  /** What serves if the candidate is promoted: the best contender, or the same trained again on all rows. */
  readonly served: {
    readonly model: Model
    readonly features: readonly FeatureSpec[]
    readonly trainedOn: TrainedOn
    readonly isRefit: boolean
  }
  readonly onnx: Uint8Array
}

/**
 * Trains every trainer of the definition on the rows before row `trainCount` whose label was known when that row happened, and, where the
 * definition says so, the best of them once more on all rows. Dictionaries and weights come from the rows that are learnt from alone.
 */
export async function trainCandidate(
  pipeline: Pipeline,
  rows: TrainingRows,
  trainCount: number,
  clockMs: () => number,
): Promise<Candidate | { readonly ok: false; readonly reason: string }> {
  const times: RowTimes = { atMs: rows.atMs, knownAtMs: rows.atMs.map((ms, row) => ms + rows.labelDelayMs[row]) }
  const learntRows = rowsKnownBefore(times, trainCount)
  const laterRows = Int32Array.from({ length: rows.atMs.length - trainCount }, (_, row) => trainCount + row)
  const [earlier, holdout] = [learntRows, laterRows].map(some => encode(pipeline, rows, trainCount, some))
  const { positiveAtLeast } = pipeline.decide
  try {
    const contenders = await trainContenders({ set: earlier, times: selectTimes(times, learntRows) }, holdout, pipeline.trainer, {
      positiveAtLeast,
      clockMs,
    })
    const latest = learntRows.subarray(learntRows.length - spanRows(learntRows.length, contenders[0].spanRatio))
    const learnt = { ...toTrainedOn(rows, latest), positiveRatio: meanOf(rows.targets, learntRows) }
    const served = pipeline.retrain.refit
      ? await refit(pipeline, rows, contenders[0])
      : { model: contenders[0].model, features: holdout.features, trainedOn: learnt, isRefit: false }
    return {
      ok: true,
      contenders,
      holdout,
      learnt,
      gapRowCount: trainCount - learntRows.length,
      served,
      settings: { ...pipeline.trainer[contenders[0].kind] },
      onnx: served.model.toOnnx({
        pipeline: pipeline.name,
        definition: pipeline.definition,
        rows: String(served.trainedOn.rowCount),
        fromMs: String(served.trainedOn.fromMs),
        toMs: String(served.trainedOn.toMs),
      }),
    }
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'TRAINING_IMPOSSIBLE') return { ok: false, reason: error.message }
    throw error
  }
}

async function refit(pipeline: Pipeline, rows: TrainingRows, best: Contender): Promise<Candidate['served']> {
  const rowCount = rows.atMs.length
  const whole = encode(pipeline, rows, rowCount)
  const model = await best.refit(whole)
  checkScores(`the refitted ${best.kind}`, model.score(sliceRows(whole, rowCount - best.holdout.rowCount, rowCount).block))
  const learnt = spanRows(rowCount, best.spanRatio)
  const trainedOn = { rowCount: learnt, fromMs: rows.atMs[rowCount - learnt], toMs: rows.atMs[rowCount - 1] }
  return { model, features: whole.features, trainedOn, isRefit: true }
}

/** Rows as models read them, all or some, with the dictionaries and the weights of the first `knownCount`. No block of other rows is made. */
function encode(pipeline: Pipeline, rows: TrainingRows, knownCount: number, some?: Int32Array): TrainingSet {
  const features = pipeline.features.map((feature, column) => ({ ...feature, categories: categoriesOf(rows.features[column], knownCount) }))
  const weights = toWeights(rows, rows.atMs[knownCount - 1], pipeline.retrain.halfLifeMs)
  return {
    features,
    block: encodeColumns(features, rows.features, some),
    targets: some ? Float32Array.from(some, row => rows.targets[row]) : Float32Array.from(rows.targets),
    ...(weights ? { weights: some ? Float32Array.from(some, row => weights[row]) : weights } : {}),
  }
}

/** The weights of a sample, which halve with every `halfLifeMs` before `latestMs`; undefined where all weigh the same. */
function toWeights({ atMs, weights }: TrainingRows, latestMs: number, halfLifeMs: number | undefined): Float32Array | undefined {
  if (halfLifeMs === undefined) return weights
  return Float32Array.from(atMs, (ms, row) => (weights?.[row] ?? 1) * 2 ** ((ms - latestMs) / halfLifeMs))
}

function toTrainedOn({ atMs }: TrainingRows, rows: Int32Array): TrainedOn {
  return { rowCount: rows.length, fromMs: atMs[rows[0]], toMs: atMs[rows[rows.length - 1]] }
}

function meanOf(targets: Float64Array, rows: Int32Array): number {
  return rows.reduce((sum, row) => sum + targets[row], 0) / rows.length
}
