import { MillraceError } from '#models/errors.ts'
import { readOnnxFace } from '#models/onnx/decode.ts'
import type { ModelTensors } from '#models/onnx/tensors.ts'
import type { FeatureValue, Pipeline } from '#models/pipeline-compiler.ts'
import { makeRowEncoder } from '#models/rows.ts'
import type { LoadOnnx, ObjectStore } from '../ports.ts'
import { type ForeignManifest, parseForeignManifest } from './foreign-manifest.ts'
import { findTensors } from './foreign-tensors.ts'
import type { Manifest } from './manifest.ts'
import { type Bundle, readBundle, sha256Of, writeBundle } from './registry.ts'
import { goldenTolerance } from './scorer.ts'

type Row = readonly FeatureValue[]
type Score = (rows: readonly Row[]) => Promise<ArrayLike<number>>

/** How far a row's score may be from its score in a batch: the runtime adds the same numbers in another order. */
const batchTolerance = 1e-6

/**
 * Makes a bundle of a model that was trained elsewhere, after it has proved itself: it is whole and can be run, takes the features of this
 * definition, gives the golden scores, row by row as in a batch, and a probability whatever is missing.
 *
 * @throws MillraceError BUNDLE_INVALID that says what to change
 * @example const bundle = await toForeignBundle({ pipeline, load: loadOnnx, nowMs: Date.now }, { onnx, manifest })
 */
export async function toForeignBundle(
  ports: {
    readonly pipeline: Pick<Pipeline, 'name' | 'definition' | 'features'>
    readonly load: LoadOnnx
    readonly nowMs: () => number
  },
  files: { readonly onnx: Uint8Array; readonly manifest: Uint8Array },
): Promise<Bundle> {
  const { pipeline, load, nowMs } = ports
  const { onnx } = files
  const foreign = parseForeignManifest(files.manifest, pipeline)
  const sha256 = sha256Of(onnx)
  if ((foreign.sha256 ?? sha256) !== sha256) {
    throw refuse(`it has sha256 ${sha256}, the manifest says ${foreign.sha256}; give the file that belongs to the manifest`)
  }
  const tensors = findTensors(readOnnxFace(onnx), foreign, pipeline.features.length)
  await proveModel(load, onnx, tensors, foreign)
  const version = foreign.version ?? `${foreign.trainer}-${sha256Of(Buffer.concat([onnx, files.manifest])).slice(0, 8)}`
  return { onnx, manifest: toManifest(pipeline, foreign, { version, sha256, tensors, nowMs: nowMs() }) }
}

/**
 * Writes the bundle; where it is there already, nothing is written.
 *
 * @throws MillraceError BUNDLE_INVALID where another model has its version
 */
export async function addForeignBundle(store: Pick<ObjectStore, 'get' | 'putIf'>, bundle: Bundle): Promise<void> {
  await writeBundle(store, bundle)
  const { pipeline, version } = bundle.manifest
  const there = (await readBundle(store, pipeline, version)).manifest
  const toKey = ({ sha256, features, golden, tensors }: Manifest) => JSON.stringify([sha256, features, golden, tensors])
  if (toKey(there) === toKey(bundle.manifest)) return
  throw new MillraceError('BUNDLE_INVALID', `another model has the version ${version}; choose another in the manifest, or leave it out`)
}

function toManifest(
  pipeline: Pick<Pipeline, 'name' | 'definition'>,
  foreign: ForeignManifest,
  found: { readonly version: string; readonly sha256: string; readonly tensors: ModelTensors; readonly nowMs: number },
): Manifest {
  const { trainer, features, golden, settings } = foreign
  return {
    version: found.version,
    pipeline: pipeline.name,
    definition: pipeline.definition,
    sha256: found.sha256,
    trainer,
    tensors: found.tensors,
    features,
    golden,
    training: foreign.training ?? { rowCount: 0, fromMs: 0, toMs: 0 },
    holdout: foreign.metrics ?? null,
    contenders: [],
    parent: null,
    settings,
    trainedAtMs: foreign.trainedAtMs ?? found.nowMs,
  }
}

function refuse(reason: string, cause?: unknown): MillraceError {
  return new MillraceError('BUNDLE_INVALID', `the ONNX file is refused: ${reason}`, { cause })
}

async function proveModel(load: LoadOnnx, onnx: Uint8Array, tensors: ModelTensors, { features, golden }: ForeignManifest): Promise<void> {
  const session = await load(onnx, tensors).catch(error => {
    throw refuse(`ONNX Runtime does not load it: ${(error as Error).message}`, error)
  })
  const encode = makeRowEncoder(features)
  const score: Score = rows => {
    return session.run(encode(rows)).catch(error => {
      throw refuse(`ONNX Runtime cannot score ${rows.length} rows with it: ${(error as Error).message}`, error)
    })
  }
  try {
    await proveGolden(score, golden)
    await proveMissing(score, features, golden.rows[0])
  } finally {
    await session.release()
  }
}

async function proveGolden(score: Score, { rows, scores }: ForeignManifest['golden']): Promise<void> {
  const inBatch = await score(rows)
  for (const [at, row] of rows.entries()) {
    checkProbability(inBatch[at], `golden row ${at}`)
    if (!(Math.abs(inBatch[at] - scores[at]) <= goldenTolerance)) {
      const causes = 'feature order, category codes (a code is the place in categories), float32 in training, the column of the output'
      throw refuse(`golden row ${at} scores ${inBatch[at]}, the manifest says ${scores[at]}; check ${causes}`)
    }
    const [alone] = Array.from(await score([row]))
    if (!(Math.abs(alone - inBatch[at]) <= batchTolerance)) {
      throw refuse(`golden row ${at} scores ${alone} alone and ${inBatch[at]} among others; a score must depend on its own row only`)
    }
  }
}

/** A lookup that finds nothing and a category never seen are missing to the model: it must score these rows, too. */
async function proveMissing(score: Score, features: ForeignManifest['features'], row: Row): Promise<void> {
  const scores = await score([...features.keys()].map(column => row.with(column, null)).concat([row.map(() => null)]))
  for (const [column, { name }] of [...features, { name: 'everything' }].entries()) {
    checkProbability(
      scores[column],
      `a row where ${name} is missing`,
      '; let the model fill in missing values (NaN), as SimpleImputer does',
    )
  }
}

function checkProbability(score: number, what: string, remedy = ''): void {
  if (score >= 0 && score <= 1) return
  const advice = Number.isFinite(score) ? '; let the output be the probability of yes, not a class or log-odds' : remedy
  throw refuse(`${what} scores ${score}, a score must be from 0 to 1${advice}`)
}
