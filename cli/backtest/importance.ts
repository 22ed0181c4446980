import { loadOnnx } from '#functions/adapters/onnx.ts'
import { readBundle, readPointer } from '#functions/bundles/registry.ts'
import { encodeColumns } from '#models/feature-columns.ts'
import { type FeatureImportance, permutationImportance } from '#models/measure/importance.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { makeRandom } from '#models/random.ts'
import { lossesOf } from '#models/task/yes-no.ts'
import type { RunOutcome } from './run.ts'

/** Rows that the importance is measured on: the latest with a label. */
const rowsAtMost = 5_000

/** What each feature is worth to the last champion, on the latest labelled rows; empty where there was none. */
export async function measureImportance(pipeline: Pipeline, { models, feedback }: RunOutcome): Promise<FeatureImportance[]> {
  const { champion } = await readPointer(models, pipeline.name)
  if (!champion) return []
  const { onnx, manifest } = await readBundle(models, pipeline.name, champion.version)
  const rows = feedback.toTrainingRows({ windowMs: Number.POSITIVE_INFINITY, rowLimit: rowsAtMost })
  const { features } = manifest
  const block = encodeColumns(features, rows.features)
  const session = await loadOnnx(onnx, manifest.tensors)
  try {
    const holdout = { features, block, targets: Float32Array.from(rows.targets) }
    const options = { lossesOf, rowsAtMost, random: makeRandom(1) }
    return await permutationImportance({ score: shuffled => session.run(shuffled) }, holdout, options)
  } finally {
    await session.release()
  }
}
