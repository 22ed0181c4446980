import { MillraceError } from '#models/errors.ts'
import { findExternalTensors } from '#models/onnx/external-tensors.ts'
import type { ModelTensors } from '#models/onnx/tensors.ts'
import type { FeatureValue } from '#models/pipeline-compiler.ts'
import { makeRowEncoder } from '#models/rows.ts'
import type { LoadOnnx, OnnxSession } from '../ports.ts'
import type { Bundle } from './registry.ts'

/** How far a loaded model may be from the trainer's own scores on the golden rows. */
export const goldenTolerance = 1e-5

/** A model in memory. */
export interface Scorer {
  readonly version: string
  readonly definition: string
  /** One score for each feature vector, in one model call. */
  score(rows: readonly (readonly FeatureValue[])[]): Promise<ArrayLike<number>>
  /** Frees the model's memory. */
  release(): Promise<void>
}

/**
 * Loads a bundle and proves it before it serves: made for this feature layout, whole in its one file, and the golden rows score as they did
 * in training.
 *
 * @throws MillraceError BUNDLE_INVALID
 */
export async function loadScorer(load: LoadOnnx, { onnx, manifest }: Bundle, definition: string): Promise<Scorer> {
  const { version, golden } = manifest
  if (manifest.definition !== definition) {
    throw new MillraceError(
      'BUNDLE_INVALID',
      `bundle ${version} was made for definition ${manifest.definition}, this one is ${definition}; retrain`,
    )
  }
  const encode = makeRowEncoder(manifest.features)
  const session = await loadWhole(load, onnx, manifest.tensors).catch(error => {
    throw new MillraceError('BUNDLE_INVALID', `model.onnx of ${version} does not load: ${(error as Error).message}`, { cause: error })
  })
  const score = (rows: readonly (readonly FeatureValue[])[]) => session.run(encode(rows))
  try {
    checkGolden(version, golden.scores, await score(golden.rows))
  } catch (error) {
    await session.release()
    if (error instanceof MillraceError) throw error
    throw new MillraceError('BUNDLE_INVALID', `model.onnx of ${version} does not score its golden rows: ${(error as Error).message}`, {
      cause: error,
    })
  }
  return { version, definition, score, release: () => session.release() }
}

/** The runtime never sees a file that names others: the manifest's hash says nothing of what is in them. */
async function loadWhole(load: LoadOnnx, onnx: Uint8Array, tensors: ModelTensors | undefined): Promise<OnnxSession> {
  const [outside] = findExternalTensors(onnx)
  if (outside !== undefined) throw new MillraceError('BUNDLE_INVALID', `it keeps ${outside || 'a tensor'} in another file`)
  return load(onnx, tensors)
}

/** @throws MillraceError BUNDLE_INVALID that names the first golden row whose score is not the trainer's */
function checkGolden(version: string, wanted: readonly number[], scores: ArrayLike<number>): void {
  if (wanted.length === 0 || scores.length !== wanted.length) {
    const message = `bundle ${version} must score each of its golden rows once, got ${scores.length} scores for ${wanted.length}`
    throw new MillraceError('BUNDLE_INVALID', message)
  }
  const wrong = wanted.findIndex((score, row) => !(Math.abs(scores[row] - score) <= goldenTolerance)) // NaN is wrong too
  if (wrong < 0) return
  throw new MillraceError('BUNDLE_INVALID', `bundle ${version} scores golden row ${wrong} ${scores[wrong]}, wanted ${wanted[wrong]}`)
}
