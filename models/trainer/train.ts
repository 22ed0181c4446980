import { trainGbdt } from '../gbdt/train.ts'
import { trainFtrl } from '../linear/ftrl/ftrl.ts'
import { trainLogistic } from '../linear/logistic.ts'
import { type BinaryQuality, measureBinary } from '../measure/binary.ts'
import { type Model, sliceRows, type TrainingSet } from '../training-set.ts'
import type { TrainerKind, TrainerSettings } from './settings.ts'

/** A trained model with its scores and quality on rows that it has not seen. */
export interface Contender {
  readonly kind: TrainerKind
  readonly model: Model
  readonly holdoutScores: Float64Array
  readonly holdout: BinaryQuality
  readonly trainMs: number
}

/** The share of the rows before the holdout on which boosted trees stop early. */
const validationRatio = 0.1

/** How each trainer learns from the rows before the holdout. */
const trainers: Readonly<Record<TrainerKind, (earlier: TrainingSet, settings: TrainerSettings) => Promise<Model>>> = {
  logistic: async (earlier, { logistic }) => trainLogistic(earlier, logistic),
  ftrl: async (earlier, { ftrl }) => trainFtrl(earlier, ftrl),
  gbdt: (earlier, { gbdt }) => {
    const { rowCount } = earlier.block
    const validationFrom = rowCount - Math.ceil(rowCount * validationRatio)
    const validation = sliceRows(earlier, validationFrom, rowCount)
    return trainGbdt(sliceRows(earlier, 0, validationFrom), { settings: gbdt, validation })
  },
}

/**
 * Trains each of the chosen trainers on the first `trainCount` rows and measures it on the later ones; the best by log loss comes first.
 *
 * Boosted trees give the latest tenth of their rows to early stopping: earlier rows to learn, the middle to stop, the latest to measure.
 *
 * @throws MillraceError TRAINING_IMPOSSIBLE when the rows cannot teach anything
 */
export async function trainContenders(
  set: TrainingSet,
  trainCount: number,
  settings: TrainerSettings,
  { positiveAtLeast, clockMs }: { readonly positiveAtLeast: number; readonly clockMs: () => number },
): Promise<readonly [Contender, ...Contender[]]> {
  const earlier = sliceRows(set, 0, trainCount)
  const later = sliceRows(set, trainCount, set.block.rowCount)
  const contenders: Contender[] = []
  for (const kind of settings.kinds) {
    const startedMs = clockMs()
    const model = await trainers[kind](earlier, settings)
    const trainMs = clockMs() - startedMs
    const holdoutScores = model.score(later.block)
    contenders.push({ kind, model, holdoutScores, holdout: measureBinary(holdoutScores, later.targets, positiveAtLeast), trainMs })
  }
  contenders.sort((a, b) => a.holdout.logLoss - b.holdout.logLoss)
  return contenders as [Contender, ...Contender[]]
}
