import type { Manifest } from '#functions/bundles/manifest.ts'
import { type Bundle, sha256Of } from '#functions/bundles/registry.ts'
import { categoriesOf, encodeColumns, toColumns, toRows } from '#models/feature-columns.ts'
import type { Flight } from '#models/flights.ts'
import { trainGbdt } from '#models/gbdt/train.ts'
import { trainLogistic } from '#models/linear/logistic.ts'
import type { FeatureValue, Payload, Pipeline } from '#models/pipeline-compiler.ts'
import { measureBinary } from '#models/task/yes-no/quality.ts'
import { sliceRows } from '#models/training-set.ts'

const trainCount = 4_000
/** The slices of two neighbouring models begin this many flights apart, so that no two models are alike. */
const stepCount = 500
const goldenCount = 20
const holdoutCount = 1_000

/** Flights that `trainBundles` wants for so many bundles. */
export const flightsFor = (bundleCount: number) => trainCount + (bundleCount - 1) * stepCount + holdoutCount

/** Trains bundles of the definition on slices of the flights, in turn logistic regression and small boosted trees; no two are alike. */
export async function trainBundles(pipeline: Pipeline, flights: readonly Flight[], bundleCount: number): Promise<Bundle[]> {
  const rows = flights.map(flight => pipeline.toFeatures(parse(pipeline.parseEvent(flight))))
  const targets = Float32Array.from(flights, flight => pipeline.toTarget(parse(pipeline.parseLabel(flight))))
  const bundles: Bundle[] = []
  for (let at = 0; at < bundleCount; at++) {
    const from = at * stepCount
    const span = { fromMs: flights[from].departedAtMs, toMs: flights[from + trainCount - 1].departedAtMs }
    const to = from + trainCount + holdoutCount
    bundles.push(await trainBundle(pipeline, { at, rows: rows.slice(from, to), targets: targets.slice(from, to), span }))
  }
  return bundles
}

async function trainBundle(
  pipeline: Pipeline,
  slice: {
    readonly at: number
    readonly rows: readonly (readonly FeatureValue[])[]
    readonly targets: Float32Array
    readonly span: { readonly fromMs: number; readonly toMs: number }
  },
): Promise<Bundle> {
  const { at, rows, targets, span } = slice
  const columns = toColumns(pipeline.features, rows)
  const features = pipeline.features.map((feature, column) => ({ ...feature, categories: categoriesOf(columns[column], trainCount) }))
  const set = { features, block: encodeColumns(features, columns), targets }
  const earlier = sliceRows(set, 0, trainCount)
  const model =
    at % 2 === 0
      ? trainLogistic(earlier, pipeline.trainer.logistic)
      : await trainGbdt(earlier, { settings: { roundCount: 30, leafCount: 15 } })
  const onnx = model.toOnnx({ pipeline: pipeline.name, definition: pipeline.definition })
  const later = sliceRows(set, trainCount, rows.length)
  const holdout = measureBinary(model.score(later.block), later.targets, pipeline.decide.positiveAtLeast)
  const sha256 = sha256Of(onnx)
  const manifest: Manifest = {
    version: `swap${String(at).padStart(2, '0')}-${sha256.slice(0, 8)}`,
    pipeline: pipeline.name,
    definition: pipeline.definition,
    sha256,
    trainer: model.kind,
    features,
    golden: {
      rows: toRows(columns, 0, goldenCount),
      scores: [...model.score(sliceRows(set, 0, goldenCount).block)],
    },
    training: { rowCount: trainCount, ...span },
    holdout,
    contenders: [{ trainer: model.kind, holdout, trainMs: 0 }],
    parent: null,
    settings: {},
    trainedAtMs: at,
  }
  return { onnx, manifest }
}

/** Three bundles that must be refused: cut in half, made for another definition, with golden scores that lie. */
export function spoilBundles({ onnx, manifest }: Bundle): readonly [Bundle, Bundle, Bundle] {
  const { rows, scores } = manifest.golden
  const lies = scores.map(score => (score < 0.5 ? score + 0.25 : score - 0.25))
  return [
    { onnx: onnx.subarray(0, onnx.length / 2), manifest: { ...manifest, version: 'bad-cut-in-half' } },
    { onnx, manifest: { ...manifest, version: 'bad-foreign', definition: '0'.repeat(16) } },
    { onnx, manifest: { ...manifest, version: 'bad-golden-scores', golden: { rows, scores: lies } } },
  ]
}

function parse(parsed: ReturnType<Pipeline['parseEvent']>): Payload {
  if (parsed.ok) return parsed.value
  throw new Error(`a flight of the data must parse: ${parsed.field} ${parsed.reason}`)
}
