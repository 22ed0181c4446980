import type { Bundle, ChampionPointer } from '#functions/bundles/registry.ts'
import { toPromoted } from '#functions/bundles/registry.ts'
import { pipeline } from '#models/pipeline.ts'
import type { Bucket } from './bucket.ts'

const hourMs = 3_600_000

/** A model for each run of retrain, the oldest first. */
export function versionsOf(span: { readonly days: number; readonly endMs: number }): string[] {
  const { days, endMs } = span
  const count = Math.ceil((days * 24 * hourMs) / pipeline.retrain.everyMs)
  return Array.from({ length: count }, (_, at) => versionAt(endMs - (count - 1 - at) * pipeline.retrain.everyMs, at))
}

function versionAt(ms: number, at: number): string {
  const clock = new Date(ms).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')
  return `${clock}-${at.toString(16).padStart(8, '0')}`
}

/**
 * Leaves every model of the span in the bucket, each promoted, the pointer with its history, and the last as shadow on trial.
 *
 * All models are the same file; manifests are their own.
 */
export function leaveModels(bucket: Bucket, { onnx, manifest }: Bundle, versions: readonly string[], endMs: number): void {
  const folder = `bundles/${pipeline.name}`
  bucket.put('model.onnx', Buffer.from(onnx))
  let pointer: ChampionPointer | null = null
  versions.forEach((version, at) => {
    const atMs = endMs - (versions.length - at) * pipeline.retrain.everyMs
    bucket.link('model.onnx', `${folder}/${version}/model.onnx`)
    const own = { ...manifest, version, trainedAtMs: atMs }
    bucket.put(`${folder}/${version}/manifest.json`, Buffer.from(JSON.stringify(own, null, 2)))
    if (at < versions.length - 1 || versions.length === 1) {
      pointer = toPromoted(pointer, { version, reason: 'gain of 0.0021 on 3999 rows of the holdout, at least 0.002', nowMs: atMs })
    }
  })
  const shadow = versions.length > 1 ? { version: versions[versions.length - 1], sinceMs: endMs - pipeline.retrain.everyMs } : null
  bucket.put(`champions/${pipeline.name}.json`, Buffer.from(JSON.stringify({ ...pointer!, shadow }, null, 2)))
}
