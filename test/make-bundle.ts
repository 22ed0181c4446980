import type { Manifest } from '#functions/bundles/manifest.ts'
import { type Bundle, sha256Of } from '#functions/bundles/registry.ts'
import { trainLogistic } from '#models/linear/logistic.ts'
import { pipeline } from '#models/pipeline.ts'
import { makeRandom } from '#models/random.ts'
import { makeRowEncoder, toCategories } from '#models/rows.ts'
import { measureBinary } from '#models/task/yes-no/quality.ts'
import { flight } from './fixtures.ts'

/** A real bundle of the flights definition, trained on a few made-up flights; `changes` break it in one place. */
export function makeBundle(
  version: string,
  changes: { readonly onnx?: Uint8Array; readonly goldenScore?: number; readonly manifest?: Partial<Manifest> } = {},
): Bundle {
  const random = makeRandom(version.length + version.charCodeAt(version.length - 1))
  const rows = Array.from({ length: 200 }, () => {
    return pipeline.toFeatures({ ...flight, origin: random() < 0.5 ? 'JFK' : 'ORD', distanceMiles: Math.floor(random() * 3000) })
  })
  const features = pipeline.features.map((feature, column) => ({
    ...feature,
    categories: feature.kind === 'category' ? toCategories(rows.map(row => row[column])) : [],
  }))
  const targets = Float32Array.from(rows, row => Number(random() < (row[3] === 'JFK' ? 0.7 : 0.2)))
  const block = makeRowEncoder(features)(rows)
  const model = trainLogistic({ features, block, targets }, pipeline.trainer.logistic)
  const onnx = changes.onnx ?? model.toOnnx({})
  const scores = [...model.score(block)].slice(0, 3)
  const quality = measureBinary(model.score(block), targets, 0.5)
  const manifest: Manifest = {
    version,
    pipeline: pipeline.name,
    definition: pipeline.definition,
    sha256: sha256Of(onnx),
    trainer: model.kind,
    features,
    golden: { rows: rows.slice(0, 3), scores: changes.goldenScore === undefined ? scores : [changes.goldenScore, ...scores.slice(1)] },
    training: { rowCount: rows.length, fromMs: 0, toMs: 1 },
    holdout: quality,
    contenders: [{ trainer: model.kind, holdout: quality, trainMs: 1 }],
    parent: null,
    settings: {},
    trainedAtMs: 0,
    ...changes.manifest,
  }
  return { onnx, manifest }
}
