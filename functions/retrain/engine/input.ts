import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { type ArchiveStore, listHours } from '../../archived/list-hours.ts'
import type { TrainingRows } from '../../ports.ts'
import type { TrainingEngine } from '../../training-engine.ts'
import { toParts } from '../parts.ts'
import { fillQuery, latestTimeMs, sparkFeedback } from '../training-set.ts'
import { runKey } from './run.ts'

/** The view that the query reads; the job makes it of the objects. */
const view = 'feedback'

/** What a job is told: all that it needs to know of the definition, the archive and the trainer. functions/retrain/spark/train.py reads it. */
export interface EngineInput {
  readonly pipeline: string
  readonly definition: string
  /** Addresses of Parquet files. Rows may be in several: the query keeps one for each id. */
  readonly objects: readonly string[]
  readonly view: string
  /** training-set.sql, filled. */
  readonly query: string
  readonly features: Pipeline['features']
  readonly splitMs: number
  readonly refit: boolean
  readonly halfLifeMs: number | null
  readonly settings: Pipeline['trainer']['gbdt']
  /** Address of the folder for what the job leaves; ends in a slash. */
  readonly output: string
}

/** The input of a run: the objects that can hold rows of the window, which ends at the newest of the rows that the function has read itself. */
export async function toEngineInput(
  {
    pipeline,
    archive,
    engine,
  }: { readonly pipeline: Pipeline; readonly archive: ArchiveStore; readonly engine: Pick<TrainingEngine, 'uriOf'> },
  rows: TrainingRows,
  { runId, splitMs, queryText }: { readonly runId: string; readonly splitMs: number; readonly queryText: string },
): Promise<EngineInput> {
  const { name, definition, features, retrain, trainer } = pipeline
  const newestMs = rows.atMs[rows.atMs.length - 1]
  const refused = new Set(rows.refused?.map(({ key }) => key))
  const parts = toParts(pipeline, await listHours(archive, topicName(name, 'feedback')))
  const keys = parts
    .filter(({ newestAtMostMs }) => newestAtMostMs > newestMs - retrain.windowMs)
    .flatMap(({ inputs }) => inputs)
    .filter(key => !refused.has(key))
  return {
    pipeline: name,
    definition,
    objects: keys.map(key => engine.uriOf('archive', key)),
    view,
    query: fillQuery(queryText, pipeline, sparkFeedback(view), { rowLimit: Number.MAX_SAFE_INTEGER, knownByMs: latestTimeMs }),
    features,
    splitMs,
    refit: retrain.refit,
    halfLifeMs: retrain.halfLifeMs ?? null,
    settings: trainer.gbdt,
    output: engine.uriOf('models', runKey(name, runId, '')),
  }
}
