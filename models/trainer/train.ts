import { MillraceError } from '../errors.ts'
import { trainGbdt } from '../gbdt/train.ts'
import { trainFtrl } from '../linear/ftrl/ftrl.ts'
import { trainLogistic } from '../linear/logistic.ts'
import { pairedLossGain } from '../measure/intervals.ts'
import { makeRandom } from '../random.ts'
import { type BinaryQuality, measureBinary } from '../task/yes-no/quality.ts'
import { isScore, lossesOf } from '../task/yes-no.ts'
import { type Model, selectRows, sliceRows, type TrainingSet } from '../training-set.ts'
import { type RowTimes, rowsKnownBefore } from './known-rows.ts'
import type { TrainerKind, TrainerSettings } from './settings.ts'

/** Rows to learn from, with their times. */
export interface TimedSet {
  readonly set: TrainingSet
  readonly times: RowTimes
}

/** A trained model with its scores and quality on rows that it has not seen. */
export interface Contender {
  readonly kind: TrainerKind
  /** The share of the rows, the latest ones, that it learnt from. */
  readonly spanRatio: number
  readonly model: Model
  readonly holdoutScores: Float64Array
  readonly holdout: BinaryQuality
  /** Of all spans that were tried. */
  readonly trainMs: number
  /** Trains again, on the latest rows of the whole set, with the same settings, on the holdout as well: what was found by stopping early is kept. */
  readonly refit: (whole: TrainingSet) => Promise<Model>
}

interface Trained {
  readonly model: Model
  readonly refit: Contender['refit']
}

/** How each trainer learns from the rows before the holdout. */
const trainers: Readonly<Record<TrainerKind, (earlier: TimedSet, settings: TrainerSettings) => Promise<Trained>>> = {
  logistic: async ({ set }, { logistic }) => {
    return { model: trainLogistic(set, logistic), refit: async whole => trainLogistic(whole, logistic) }
  },
  ftrl: async ({ set }, { ftrl }) => ({ model: trainFtrl(set, ftrl), refit: async whole => trainFtrl(whole, ftrl) }),
  gbdt: trainTrees,
}

/**
 * Boosted trees give the latest of their rows to early stopping: earlier rows to learn, the middle to stop, the holdout to measure. The middle
 * too begins after the labels of what is learnt were known: else trees that follow the latest hours look good, and too many are kept.
 */
async function trainTrees({ set, times }: TimedSet, { gbdt }: TrainerSettings): Promise<Trained> {
  const { rowCount } = set.block
  const validationFrom = rowCount - validationCount(rowCount)
  const learnt = selectRows(set, rowsKnownBefore(times, validationFrom))
  const learntCount = learnt.block.rowCount // and not the rows: the refit outlives them
  const model = await trainGbdt(learnt, { settings: gbdt, validation: sliceRows(set, validationFrom, rowCount) })
  const refit = (whole: TrainingSet) => {
    const found =
      gbdt.earlyStoppingRounds === 0 ? gbdt.roundCount : scaleRounds(model.data.trees.length, whole.block.rowCount / learntCount)
    return trainGbdt(whole, { settings: { ...gbdt, roundCount: found, earlyStoppingRounds: 0 } })
  }
  return { model, refit }
}

/** Rows to stop early on: a tenth, but where that is few a quarter up to 200, for a handful of rows stops at any round. */
function validationCount(rowCount: number): number {
  return Math.max(Math.ceil(rowCount * 0.1), Math.min(Math.ceil(rowCount * 0.25), 200))
}

/** Rounds for more rows than those that the round count was found on: more rows bear more rounds, though not in proportion. The root is a rule of thumb. */
function scaleRounds(roundCount: number, rowRatio: number): number {
  return Math.max(1, Math.round(roundCount * Math.sqrt(rowRatio)))
}

/** Fewer rows than this teach nothing that all rows do not teach better. */
const spanRowsAtLeast = 300

/** The rows of a count that a span holds: the latest. */
export function spanRows(rowCount: number, spanRatio: number): number {
  return Math.ceil(rowCount * spanRatio)
}

/**
 * Trains each of the chosen trainers on the earlier rows, on all and on the latest of them (`spans`), and measures them on the later rows: the
 * best span of each trainer, the best by log loss first.
 *
 * Which span is best says whether the past still holds: where it does, all rows win; after a change, the latest do.
 * A trainer that these rows are too few for, or whose scores are not all from 0 to 1, is left out.
 *
 * @throws MillraceError TRAINING_IMPOSSIBLE when none is left, with the reason of the first
 */
export async function trainContenders(
  earlier: TimedSet,
  later: TrainingSet,
  settings: TrainerSettings,
  options: { readonly positiveAtLeast: number; readonly clockMs: () => number },
): Promise<readonly [Contender, ...Contender[]]> {
  const contenders: Contender[] = []
  const failures: MillraceError[] = []
  const spans = settings.spans
    .toSorted((a, b) => b - a)
    .filter(ratio => ratio === 1 || spanRows(earlier.set.block.rowCount, ratio) >= spanRowsAtLeast)
  for (const kind of settings.kinds) {
    const ofKind: Contender[] = []
    for (const spanRatio of spans) {
      try {
        ofKind.push(await trainContender(kind, spanRatio, earlier, later, settings, options))
      } catch (error) {
        if (!(error instanceof MillraceError && error.code === 'TRAINING_IMPOSSIBLE')) throw error
        failures.push(error)
      }
    }
    const trainMs = ofKind.reduce((sum, contender) => sum + contender.trainMs, 0)
    if (ofKind.length > 0) contenders.push({ ...chooseSpan(ofKind, later.targets), trainMs })
  }
  if (contenders.length === 0) throw failures[0]
  return contenders.sort(byLoss) as [Contender, ...Contender[]]
}

/** The first, of the longest span, unless a shorter one is better beyond chance: the holdout follows the latest rows, and shares their weather. */
function chooseSpan(contenders: readonly Contender[], targets: Float32Array): Contender {
  return contenders.reduce((best, other) => {
    const [own, rival] = [other, best].map(({ holdoutScores }) => lossesOf(holdoutScores, targets))
    const gain = pairedLossGain(own, rival, { draws: spanDraws, confidence: spanConfidence, random: makeRandom(targets.length) })
    return gain && gain.low > 0 ? other : best
  })
}
/** Of both sides: a shorter span is better at 95 %. */
const spanConfidence = 0.9
const spanDraws = 400

const byLoss = (a: Contender, b: Contender) =>
  (a.holdout.logLoss ?? Number.POSITIVE_INFINITY) - (b.holdout.logLoss ?? Number.POSITIVE_INFINITY)

async function trainContender(
  kind: TrainerKind,
  spanRatio: number,
  earlier: TimedSet,
  later: TrainingSet,
  settings: TrainerSettings,
  { positiveAtLeast, clockMs }: { readonly positiveAtLeast: number; readonly clockMs: () => number },
): Promise<Contender> {
  const startedMs = clockMs()
  const { model, refit } = await trainers[kind](toLatest(earlier, spanRatio), settings)
  const trainMs = clockMs() - startedMs
  const holdoutScores = model.score(later.block)
  checkScores(kind, holdoutScores)
  return {
    kind,
    spanRatio,
    model,
    holdoutScores,
    holdout: measureBinary(holdoutScores, later.targets, positiveAtLeast),
    trainMs,
    refit: whole => refit(latestRows(whole, spanRatio)),
  }
}

function latestRows(set: TrainingSet, spanRatio: number): TrainingSet {
  const { rowCount } = set.block
  return sliceRows(set, rowCount - spanRows(rowCount, spanRatio), rowCount)
}

function toLatest({ set, times }: TimedSet, spanRatio: number): TimedSet {
  const from = set.block.rowCount - spanRows(set.block.rowCount, spanRatio)
  return { set: latestRows(set, spanRatio), times: { atMs: times.atMs.subarray(from), knownAtMs: times.knownAtMs.subarray(from) } }
}

/** @throws MillraceError TRAINING_IMPOSSIBLE for a score that is no probability: such a model cannot be a candidate */
export function checkScores(trainer: string, scores: ArrayLike<number>): void {
  for (let row = 0; row < scores.length; row++) {
    if (isScore(scores[row])) continue
    throw new MillraceError(
      'TRAINING_IMPOSSIBLE',
      `${trainer} must score from 0 to 1, got ${scores[row]} on row ${row} of the latest; look for features of extreme size`,
    )
  }
}
