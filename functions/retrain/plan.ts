import type { Pipeline } from '#models/pipeline-compiler.ts'
import { readPointer } from '../bundles/registry.ts'
import type { ObjectStore, TrainingRows } from '../ports.ts'
import { countLater, readTrainedToMs, sizeHoldout } from './holdout.ts'
import { toRefusedText } from './report-text.ts'

/** The champion's version, and how many of the earliest rows are learnt from; the rest is the holdout. Or why a training is not worth its while. */
export type TrainingPlan =
  | { readonly ok: true; readonly parent: string | null; readonly trainCount: number }
  | { readonly ok: false; readonly reason: string }

/** Whether there are rows enough to train, and where the holdout begins. */
export async function planTraining(pipeline: Pipeline, models: Pick<ObjectStore, 'get'>, rows: TrainingRows): Promise<TrainingPlan> {
  const rowCount = rows.atMs.length
  const refuse = (reason: string) =>
    ({ ok: false, reason: `${reason}: ${rowCount} labelled rows in ${rows.objectCount} objects${toRefusedText(rows.refused)}` }) as const
  const largest = sizeHoldout(pipeline, { rowCount, newRowCount: undefined })
  if (!largest.ok) return refuse(largest.reason)
  const parent = (await readPointer(models, pipeline.name)).champion?.version ?? null
  const { firstAtRows } = pipeline.retrain.when
  if (parent === null && rowCount < firstAtRows) return refuse(`${rowCount} labelled rows, ${firstAtRows} wanted for a first model`)
  const trainedToMs = parent === null ? undefined : await readTrainedToMs(models, pipeline.name, parent)
  const holdout = trainedToMs === undefined ? largest : sizeHoldout(pipeline, { rowCount, newRowCount: countLater(rows.atMs, trainedToMs) })
  if (!holdout.ok) return refuse(holdout.reason)
  return { ok: true, parent, trainCount: rowCount - holdout.rowCount }
}
