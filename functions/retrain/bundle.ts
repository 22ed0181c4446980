import { toRows } from '#models/feature-columns.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'
import { makeRowEncoder } from '#models/rows.ts'
import { type Bundle, sha256Of } from '../bundles/registry.ts'
import type { TrainingRows } from '../ports.ts'
import type { Candidate } from './candidate.ts'

/** Rows kept in the bundle with their scores. */
const goldenRowCount = 20

/** The candidate as a bundle: what serves, and what was measured. The same rows and settings give the same version. */
export function toBundle(
  pipeline: Pipeline,
  rows: TrainingRows,
  candidate: Candidate,
  { parent, nowMs }: { readonly parent: string | null; readonly nowMs: number },
): Bundle {
  const { contenders, served, learnt, onnx } = candidate
  const [{ kind, holdout }] = contenders
  const sha256 = sha256Of(onnx)
  const rowCount = rows.atMs.length
  const goldenRows = toRows(rows.features, Math.max(0, rowCount - goldenRowCount), rowCount)
  const { fromMs, toMs } = learnt
  const manifest = {
    version: toVersion(served.trainedOn.toMs, sha256),
    pipeline: pipeline.name,
    definition: pipeline.definition,
    sha256,
    trainer: kind,
    features: served.features.map(({ name, kind, categories }) => ({ name, kind, categories: [...categories] })),
    golden: { rows: goldenRows, scores: [...served.model.score(makeRowEncoder(served.features)(goldenRows))] },
    training: { rowCount: served.trainedOn.rowCount, fromMs: served.trainedOn.fromMs, toMs: served.trainedOn.toMs },
    holdout,
    ...(served.isRefit ? { measured: { rowCount: learnt.rowCount, fromMs, toMs } } : {}),
    contenders: contenders.map(({ kind, spanRatio, holdout, trainMs }) => ({ trainer: kind, spanRatio, holdout, trainMs })),
    parent,
    settings: { ...pipeline.trainer[kind] },
    trainedAtMs: nowMs,
  }
  return { onnx, manifest }
}

/** A version by the latest event that the model learnt from, and its file. @example toVersion(Date.UTC(2026, 10, 28), sha256) // '20261128T0000-0c175b9c' */
export function toVersion(trainedToMs: number, sha256: string): string {
  return `${new Date(trainedToMs).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}-${sha256.slice(0, 8)}`
}
