import { z } from 'zod'
import { MillraceError } from '#models/errors.ts'
import { sha256Of } from '../../bundles/registry.ts'
import type { ObjectStore } from '../../ports.ts'
import { runKey } from './run.ts'

const span = { rowCount: z.int().min(1), fromMs: z.number(), toMs: z.number() }

const result = z.strictObject({
  /** As of a model trained elsewhere: functions/bundles/foreign-manifest.ts reads it. */
  manifest: z.record(z.string(), z.unknown()),
  /** SHA-256 of each file, in hex. */
  files: z.strictObject({ model: z.string(), measured: z.string() }),
  /** The rows that the measured model learnt from, and the share of yes among all before the holdout whose label was known. */
  learnt: z.strictObject({ ...span, positiveRatio: z.number() }),
  gapRowCount: z.int().min(0),
  served: z.strictObject(span),
  trainMs: z.number(),
  /** The share of all gain that each feature brought, in their order. */
  gains: z.array(z.number()),
})

/** What a job says of its models. */
export type EngineResult = Readonly<z.infer<typeof result>>

/** What a job left, whole: the model that is to serve, and the one that is measured, which is the same without a refit. */
export interface EngineModels {
  readonly result: EngineResult
  readonly model: Uint8Array
  readonly measured: Uint8Array
}

/**
 * Reads what a job that ended well has left. The job writes result.json last, and it names the other files by their hashes: nothing half-written
 * is ever taken for a model.
 *
 * @throws MillraceError ENGINE_FAILED that names the file
 */
export async function readEngineModels(store: Pick<ObjectStore, 'get'>, pipeline: string, runId: string): Promise<EngineModels> {
  const read = async (file: string) => {
    const stored = await store.get(runKey(pipeline, runId, file))
    if (!stored) throw fail(`${runKey(pipeline, runId, file)} is not there, though the job ended well`)
    return stored.body
  }
  const parsed = parse(await read('result.json'), runKey(pipeline, runId, 'result.json'))
  const readModel = async (file: string, sha256: string) => {
    const body = await read(file)
    if (sha256Of(body) === sha256) return body
    throw fail(`${runKey(pipeline, runId, file)} has sha256 ${sha256Of(body)}, result.json says ${sha256}`)
  }
  const { files } = parsed
  const model = await readModel('model.onnx', files.model)
  return { result: parsed, model, measured: files.measured === files.model ? model : await readModel('measured.onnx', files.measured) }
}

function parse(body: Uint8Array, key: string): EngineResult {
  try {
    return result.parse(JSON.parse(Buffer.from(body).toString('utf8')))
  } catch (cause) {
    throw fail(`${key} is not a result: ${cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message}`, cause)
  }
}

function fail(reason: string, cause?: unknown): MillraceError {
  return new MillraceError('ENGINE_FAILED', `${reason}; the champion goes on, the next turn of retrain starts a training anew`, { cause })
}
