import { readBundle } from '#functions/bundles/registry.ts'
import { loadScorer, type Scorer } from '#functions/bundles/scorer.ts'
import type { LoadOnnx, ObjectStore } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'
import type { PlannedBatch } from './plan.ts'

/** The models of a replay in memory, by version, and the versions that cannot serve any more. */
export interface LoadedModels {
  readonly scorers: ReadonlyMap<string, Scorer>
  /** Of models whose scores counted for no row: the replay goes on without them. */
  readonly gone: ReadonlySet<string>
}

/**
 * Loads and proves every model that the batches name, before anything is sent.
 *
 * @throws BUNDLE_INVALID where one that counted then is gone or cannot serve
 */
export async function loadModels(
  ports: {
    readonly pipeline: { readonly name: string; readonly definition: string }
    readonly models: Pick<ObjectStore, 'get'>
    readonly load: LoadOnnx
  },
  batches: readonly PlannedBatch[],
): Promise<LoadedModels> {
  const { pipeline, models, load } = ports
  const rowCounts = countRows(batches)
  const scorers = new Map<string, Scorer>()
  const gone = new Set<string>()
  for (const [version, rowCount] of rowCounts) {
    try {
      scorers.set(version, await loadScorer(load, await readBundle(models, pipeline.name, version), pipeline.definition))
    } catch (cause) {
      if (!(cause instanceof MillraceError && cause.code === 'BUNDLE_INVALID')) throw cause
      gone.add(version)
      if (rowCount === 0) continue
      const message = `model ${version}, which scored ${rowCount} records of the slice then, cannot serve: ${cause.message}; restore it from the bucket's versions, or score all with another model: --model VERSION`
      throw new MillraceError('BUNDLE_INVALID', message, { cause })
    }
  }
  return { scorers, gone }
}

/** For how many rows each model is needed: 0 where it only ever scored beside the one that counted. */
function countRows(batches: readonly PlannedBatch[]): Map<string, number> {
  const rowCounts = new Map<string, number>()
  const add = (version: string | null, rowCount: number) => {
    if (version !== null) rowCounts.set(version, (rowCounts.get(version) ?? 0) + rowCount)
  }
  for (const { service, rows } of batches) {
    const challengedCount = rows.filter(({ past }) => past?.arm === 'challenger').length
    add(service.champion, rows.length)
    add(service.challenger, challengedCount)
    add(service.shadow, 0)
  }
  return rowCounts
}
