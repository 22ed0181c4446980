import { MillraceError } from '#models/errors.ts'
import { toRows } from '#models/feature-columns.ts'
import { type BinaryQuality, measureBinary } from '#models/measure/binary.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { type ChampionPointer, readBundle } from '../bundles/registry.ts'
import { type LoadOnnx, loadScorer } from '../bundles/scorer.ts'
import type { ObjectStore } from '../ports.ts'
import type { TrainingRows } from './retrain.ts'

/** What a candidate must beat, on the same holdout rows. */
export interface Rival {
  readonly name: string
  readonly scores: ArrayLike<number>
  readonly quality: BinaryQuality
}

/** The champion, scored anew on the rows from `trainCount` on; the base rate of the rows before where there is none that can be used. */
export async function measureRival(
  pipeline: Pipeline,
  ports: { readonly models: ObjectStore; readonly load: LoadOnnx },
  champion: ChampionPointer | null,
  rows: TrainingRows,
  trainCount: number,
): Promise<Rival> {
  const targets = rows.targets.slice(trainCount)
  const toRival = (name: string, scores: ArrayLike<number>): Rival => {
    return { name, scores, quality: measureBinary(scores, targets, pipeline.decide.positiveAtLeast) }
  }
  if (champion) {
    try {
      const bundle = await readBundle(ports.models, pipeline.name, champion.version)
      const scorer = await loadScorer(ports.load, bundle, pipeline.definition)
      try {
        return toRival(`champion ${champion.version}`, await scorer.score(toRows(rows.features, trainCount, rows.atMs.length)))
      } finally {
        await scorer.release()
      }
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'BUNDLE_INVALID')) throw error
    }
  }
  const positives = rows.targets.slice(0, trainCount).reduce((sum, target) => sum + target, 0)
  return toRival('base rate', new Float64Array(targets.length).fill(positives / trainCount))
}
