import { MillraceError } from '#models/errors.ts'
import { encodeColumns } from '#models/feature-columns.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { measureBinary } from '#models/task/yes-no/quality.ts'
import { checkScores } from '#models/trainer/train.ts'
import type { Bundle } from '../../bundles/registry.ts'
import type { OnnxSession, TrainingRows } from '../../ports.ts'
import type { Judgeable } from '../candidate.ts'
import type { EngineResult } from './result.ts'

/**
 * The model that was trained elsewhere, measured here on the rows from `splitMs` on, of which it has learnt nothing: on the same rows, with the same
 * figures as one that the function trains itself.
 *
 * @throws MillraceError ENGINE_FAILED where there are no such rows, TRAINING_IMPOSSIBLE where a score is no probability
 */
export async function measureCandidate(
  pipeline: Pipeline,
  rows: TrainingRows,
  splitMs: number,
  { result, bundle, session }: { readonly result: EngineResult; readonly bundle: Bundle; readonly session: OnnxSession },
): Promise<Judgeable> {
  const from = rows.atMs.findIndex(ms => ms >= splitMs)
  if (from < 0) {
    throw new MillraceError('ENGINE_FAILED', `the archive has no rows from ${new Date(splitMs).toISOString()} on to measure the model by`)
  }
  const { features, trainer, settings } = bundle.manifest
  const later = rows.features.map(column => ({ ...column, values: column.values.subarray(from) }))
  const targets = Float32Array.from(rows.targets.subarray(from))
  const holdout = { features, block: encodeColumns(features, later), targets }
  const holdoutScores = Float64Array.from(await session.run(holdout.block))
  checkScores(trainer, holdoutScores)
  const { learnt, gapRowCount, served } = result
  const gains = Float64Array.from(result.gains)
  const contender = {
    kind: trainer,
    spanRatio: 1,
    model: { score: (block: typeof holdout.block) => session.run(block), gainImportance: () => gains },
    holdoutScores,
    holdout: measureBinary(holdoutScores, targets, pipeline.decide.positiveAtLeast),
  }
  return { contenders: [contender], holdout, learnt, gapRowCount, served: { trainedOn: served, isRefit: pipeline.retrain.refit }, settings }
}
