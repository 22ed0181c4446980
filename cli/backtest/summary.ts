import type { Pipeline } from '#models/pipeline-compiler.ts'
import { reliabilityTable } from '#models/task/yes-no/calibration.ts'
import type { RowCounts } from './history.ts'
import { measureImportance } from './importance.ts'
import type { InputHistory } from './input-history.ts'
import type { LabelDelay } from './label-queue.ts'
import { measureBaselines, measureSpan, measureWindows } from './prequential.ts'
import type { BacktestLayer, BacktestResult, BacktestWindow } from './result.ts'
import type { RunOutcome } from './run.ts'

const windowCount = 40
const reliabilityBinCount = 10

/** Sums a run up: figures over the whole stream and in windows, beside what guessing would have had. */
export async function summarize(parts: {
  readonly pipeline: Pipeline
  readonly data: string
  readonly counts: RowCounts
  readonly inputs: readonly InputHistory[]
  readonly labelDelay: LabelDelay
  readonly outcome: RunOutcome
}): Promise<BacktestResult> {
  const { pipeline, data, counts, inputs, labelDelay, outcome } = parts
  const { predicted, beforeFirstModel, retrains, seconds } = outcome
  const { rowCount } = predicted
  const { positiveAtLeast } = pipeline.decide
  const { accuracy, kappa, auc, logLoss } = measureSpan(predicted, 0, rowCount, positiveAtLeast)
  const windows = measureWindows(predicted, windowCount, positiveAtLeast)
  const { labelled: scored, positiveRatio: _, ...ofScored } = measureSpan(predicted, beforeFirstModel, rowCount, positiveAtLeast)
  return {
    pipeline: pipeline.name,
    definition: pipeline.definition,
    data,
    task: 'binary',
    rows: counts.rows,
    rejected: counts.rejected,
    inputs: [
      ...inputs.map(({ name, file, readCounts }) => ({ name, file, ...readCounts() })),
      ...outcome.missingInputs.map(name => ({ name, file: null, rows: 0, rejected: {} })),
    ],
    fromMs: predicted.atMs[0],
    toMs: predicted.atMs[rowCount - 1],
    labelDelay,
    accuracy,
    kappa,
    auc,
    logLoss,
    mae: null,
    rmse: null,
    scored,
    ofScored,
    beforeFirstModel,
    firstAtRows: pipeline.retrain.when.firstAtRows,
    windows,
    layer: measureLayer(pipeline, outcome, windows),
    baselines: measureBaselines(predicted, 0, rowCount),
    retrains,
    promotions: retrains.flatMap(({ atRow, atMs, version, isPromoted, reason }) =>
      isPromoted && version !== null ? [{ atRow, atMs, version, reason }] : [],
    ),
    calibration: calibrationOf(outcome),
    importance: await measureImportance(pipeline, outcome),
    eventsPerSecond: counts.rows / (seconds.total - seconds.retraining),
    seconds,
  }
}

function measureLayer(
  { decide: { positiveAtLeast } }: Pipeline,
  { predicted, layer }: RunOutcome,
  windows: readonly BacktestWindow[],
): BacktestLayer | null {
  if (!layer) return null
  const measure = (from: number, to: number) => {
    const { accuracy, kappa, auc, logLoss } = measureSpan(predicted, from, to, positiveAtLeast, 'layerScores')
    return { accuracy, kappa, auc, logLoss }
  }
  return {
    ...measure(0, predicted.rowCount),
    members: layer.members,
    windows: windows.map(({ fromRow, toRow }) => {
      const { kappa: _, ...figures } = measure(fromRow, toRow)
      return { ...figures, weights: (layer.weights.find(({ atRow }) => atRow >= toRow) ?? layer.weights[layer.weights.length - 1]).weights }
    }),
  }
}

/** What a model's scores promised beside what came. */
function calibrationOf({ predicted, beforeFirstModel }: RunOutcome): BacktestResult['calibration'] {
  const scores: number[] = []
  const targets: number[] = []
  for (let row = beforeFirstModel; row < predicted.rowCount; row++) {
    if (Number.isNaN(predicted.targets[row])) continue
    scores.push(predicted.scores[row])
    targets.push(predicted.targets[row])
  }
  return reliabilityTable(scores, targets, reliabilityBinCount)
}
