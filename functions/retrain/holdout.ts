import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { readBundle } from '../bundles/registry.ts'
import type { ObjectStore } from '../ports.ts'

/** The later share of the rows that a candidate is measured on and not trained on, at most. */
const holdoutRatio = 0.2
/** Holdout rows for a first model: it must only beat the base rate, so it need not wait for as many as a champion may ask for. */
const firstHoldoutRows = 30

/** How many of the latest rows are the holdout, or why a training is not worth its while. */
export type HoldoutSize = { readonly ok: true; readonly rowCount: number } | { readonly ok: false; readonly reason: string }

/**
 * The size of the holdout: at most a fifth of the rows, at most `holdoutRowsAtMost`, and of the rows that the champion has not learnt from
 * at most half, or what `rowsAtLeast` asks for.
 *
 * Candidate and champion are compared on new rows only. If all of these were holdout, the candidate would have learnt nothing that the champion has
 * not, and after a change of the stream nothing of what is new: it could never show that it is better.
 */
export function sizeHoldout(
  { retrain, promoteWhen }: Pick<Pipeline, 'retrain' | 'promoteWhen'>,
  { rowCount, newRowCount }: { readonly rowCount: number; readonly newRowCount: number | undefined },
): HoldoutSize {
  const { rowsAtLeast } = promoteWhen
  const rowsAtMost = Math.min(Math.ceil(rowCount * holdoutRatio), retrain.holdoutRowsAtMost)
  const wanted = newRowCount === undefined ? Math.min(firstHoldoutRows, rowsAtLeast) : rowsAtLeast
  if (rowsAtMost < wanted) return { ok: false, reason: `${rowsAtMost} holdout rows, ${wanted} wanted` }
  if (newRowCount === undefined) return { ok: true, rowCount: rowsAtMost }
  if (newRowCount < wanted) return { ok: false, reason: `${newRowCount} rows that the champion has not learnt from, ${wanted} wanted` }
  return { ok: true, rowCount: Math.min(rowsAtMost, Math.max(wanted, Math.ceil(newRowCount / 2))) }
}

/** The event time up to which a model has learnt; undefined where its bundle cannot be used. */
export async function readTrainedToMs(models: Pick<ObjectStore, 'get'>, pipeline: string, version: string): Promise<number | undefined> {
  try {
    return (await readBundle(models, pipeline, version)).manifest.training.toMs
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'BUNDLE_INVALID') return undefined
    throw error
  }
}

/** Rows later than a time; rows are in time order. */
export function countLater(atMs: Float64Array, sinceMs: number): number {
  const first = atMs.findIndex(ms => ms > sinceMs)
  return first < 0 ? 0 : atMs.length - first
}
