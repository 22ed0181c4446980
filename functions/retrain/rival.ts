import { MillraceError } from '#models/errors.ts'
import { toRows } from '#models/feature-columns.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { type BinaryQuality, measureBinary } from '#models/task/yes-no/quality.ts'
import { isScore } from '#models/task/yes-no.ts'
import { type ChampionPointer, readBundle } from '../bundles/registry.ts'
import { loadScorer } from '../bundles/scorer.ts'
import type { LoadOnnx, ObjectStore, TrainingRows } from '../ports.ts'
import { countLater } from './holdout.ts'

/** What a candidate must beat, on the rows from `fromRow` on. */
export interface Rival {
  readonly name: string
  readonly isChampion: boolean
  /** The champion's; null for the base rate. */
  readonly version: string | null
  readonly fromRow: number
  readonly scores: ArrayLike<number>
  readonly quality: BinaryQuality
}

/**
 * The champion, scored anew on the rows of the holdout that are later than all that it learnt from; the base rate, on the whole holdout,
 * where there is no champion that can be used.
 */
export async function measureRival(
  pipeline: Pipeline,
  ports: { readonly models: Pick<ObjectStore, 'get'>; readonly load: LoadOnnx },
  champion: ChampionPointer | null,
  rows: TrainingRows,
  { holdoutFrom, baseRate }: { readonly holdoutFrom: number; readonly baseRate: number },
): Promise<Rival> {
  const rowCount = rows.atMs.length
  const measure = (fromRow: number, scores: ArrayLike<number>) => {
    return { fromRow, scores, quality: measureBinary(scores, rows.targets.subarray(fromRow), pipeline.decide.positiveAtLeast) }
  }
  if (champion) {
    const { version } = champion
    const scored = await scoreChampion(pipeline, ports, version, rows, holdoutFrom)
    if (scored) return { name: `champion ${version}`, version, isChampion: true, ...measure(scored.fromRow, scored.scores) }
  }
  const scores = new Float64Array(rowCount - holdoutFrom).fill(baseRate)
  return { name: 'base rate', version: null, isChampion: false, ...measure(holdoutFrom, scores) }
}

/** Undefined where the champion's bundle is not there, not whole, of another definition, or gives scores that are no probabilities. */
async function scoreChampion(
  pipeline: Pipeline,
  { models, load }: { readonly models: Pick<ObjectStore, 'get'>; readonly load: LoadOnnx },
  version: string,
  rows: TrainingRows,
  holdoutFrom: number,
): Promise<{ readonly fromRow: number; readonly scores: ArrayLike<number> } | undefined> {
  try {
    const bundle = await readBundle(models, pipeline.name, version)
    const fromRow = Math.max(holdoutFrom, rows.atMs.length - countLater(rows.atMs, bundle.manifest.training.toMs))
    const scorer = await loadScorer(load, bundle, pipeline.definition)
    try {
      const scores = fromRow < rows.atMs.length ? await scorer.score(toRows(rows.features, fromRow, rows.atMs.length)) : []
      return Array.from(scores).every(isScore) ? { fromRow, scores } : undefined
    } finally {
      await scorer.release()
    }
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'BUNDLE_INVALID') return undefined
    throw error
  }
}
