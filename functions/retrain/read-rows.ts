import type { FeatureColumn } from '#models/feature-columns.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { topicName } from '#models/topics.ts'
import { listHours } from '../archived/list-hours.ts'
import type { ObjectStore, ReadTrainingRows, RefusedObject, TrainingRows, WithLocalDatabase } from '../ports.ts'
import { loadSlices, rowsTable } from './load-slices.ts'
import { toParts } from './parts.ts'
import { preparePart } from './prepare-part.ts'
import { prepareParts } from './prepare-parts.ts'
import type { RowLimit } from './row-limit.ts'
import { fillQuery, latestTimeMs, preparedFeedback } from './training-set.ts'

/**
 * How long a run may prepare rows, of the 15 minutes that Lambda gives it: what is prepared by then is kept, and the rest of the time is enough
 * to end the part that was begun, and to train.
 */
const prepareForMs = 480_000

/**
 * Reads the training set from the archive: prepares the hours that are new, loads the rows of the window, and runs the training query on them.
 *
 * The answer is that of the query over all rows of the archive, whatever was prepared before and however the hours are cut. Memory and disk
 * follow the row limit.
 */
export function makeReadRows(ports: {
  readonly pipeline: Pipeline
  readonly store: Pick<ObjectStore, 'get' | 'list' | 'put'>
  readonly withDatabase: WithLocalDatabase
  /** The text of training-set.sql. */
  readonly readQuery: () => Promise<string>
  readonly limit: RowLimit
  /** A clock that only goes forward. */
  readonly clockMs: () => number
}): ReadTrainingRows {
  const { pipeline, store, withDatabase, readQuery, limit, clockMs } = ports
  return async () => {
    const untilMs = clockMs() + prepareForMs
    const hours = await listHours(store, topicName(pipeline.name, 'feedback'))
    const refusedBefore = hours.flatMap(({ manifest }) => manifest?.refused ?? []).map(({ name, reason }) => ({ key: name, reason }))
    const archived = toParts(pipeline, hours)
    if (archived.length === 0) return toTrainingRows(pipeline, limit, undefined, { objectCount: 0, refused: refusedBefore })
    return withDatabase(async database => {
      const { parts, newestMs, leftCount, ...prepared } = await prepareParts(
        { pipeline, store, database },
        archived,
        () => clockMs() > untilMs,
      )
      if (leftCount > 0) {
        return {
          unprepared: `${parts.length} parts of the archive are prepared, ${leftCount} are not: ${prepareForMs / 1_000} s were not enough; the next runs go on from here`,
        }
      }
      const refused = [...refusedBefore, ...prepared.refused]
      if (parts.length === 0) return toTrainingRows(pipeline, limit, undefined, { objectCount: 0, refused })
      const afterMs = newestMs - pipeline.retrain.windowMs
      const slices = parts.flatMap(part => part.slices)
      const remake = async ({ key }: { readonly key: string }) => {
        const { part } = parts.find(part => part.slices.some(slice => slice.key === key))!
        return (await preparePart({ pipeline, store, database }, part)).slices
      }
      await loadSlices({ pipeline, store, database, remake }, slices, { afterMs, rowLimit: limit.rows })
      const source = preparedFeedback(pipeline, rowsTable)
      const query = fillQuery(await readQuery(), pipeline, source, { rowLimit: limit.rows, knownByMs: latestTimeMs })
      const kinds = [...leadingColumns, ...pipeline.features.map(({ kind }) => kind)]
      const columns = await database.readColumns(query, kinds)
      const objectCount = parts.reduce((sum, { part }) => sum + part.inputs.length, 0)
      return toTrainingRows(pipeline, limit, columns, { objectCount, refused })
    })
  }
}

/** The query's columns before the features: share of the ids, time, target, label delay. */
const leadingColumns = ['number', 'number', 'number', 'number'] as const

function toTrainingRows(
  { features }: Pipeline,
  { because }: RowLimit,
  columns: readonly FeatureColumn[] | undefined,
  { objectCount, refused }: { readonly objectCount: number; readonly refused: readonly RefusedObject[] },
): TrainingRows {
  const none = (): FeatureColumn => ({ values: new Float64Array(0) })
  const empty = features.map(({ kind }) => (kind === 'category' ? { ...none(), categories: [] } : none()))
  const [sampled, atMs, targets, labelDelayMs, ...rest] = columns ?? [none(), none(), none(), none(), ...empty]
  const rowCount = atMs.values.length
  const sampledRatio = rowCount === 0 ? 1 : sampled.values[0]
  return {
    atMs: atMs.values,
    targets: targets.values,
    labelDelayMs: labelDelayMs.values,
    features: rest,
    objectCount,
    sampledRatio,
    ...(sampledRatio < 1 ? { weights: new Float32Array(rowCount).fill(1 / sampledRatio), sampledBecause: because } : {}),
    ...(refused.length > 0 ? { refused } : {}),
  }
}
