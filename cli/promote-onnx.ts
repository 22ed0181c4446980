import { readFile } from 'node:fs/promises'
import { loadOnnx } from '#functions/adapters/onnx.ts'
import { addForeignBundle, toForeignBundle } from '#functions/bundles/foreign.ts'
import type { Manifest } from '#functions/bundles/manifest.ts'
import type { ObjectStore } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'

/**
 * `millrace promote --onnx FILE --manifest FILE`, first half: proves a model trained elsewhere and keeps it as a bundle. Making it champion,
 * shadow or challenger is then the same as for any other version.
 *
 * @throws MillraceError ARGUMENT_INVALID where a file cannot be read, BUNDLE_INVALID where the model is refused; nothing is written then
 * @example const { version } = await bringModel({ pipeline, models, onnxFile: 'model.onnx', manifestFile: 'model.json', nowMs: Date.now })
 */
export async function bringModel(options: {
  readonly pipeline: Pick<Pipeline, 'name' | 'definition' | 'features'>
  readonly models: Pick<ObjectStore, 'get' | 'putIf'>
  readonly onnxFile: string
  readonly manifestFile: string
  readonly nowMs: () => number
}): Promise<Manifest> {
  const { pipeline, models, onnxFile, manifestFile, nowMs } = options
  const files = { onnx: await read('--onnx', onnxFile), manifest: await read('--manifest', manifestFile) }
  const bundle = await toForeignBundle({ pipeline, load: loadOnnx, nowMs }, files)
  await addForeignBundle(models, bundle)
  return bundle.manifest
}

async function read(flag: string, file: string): Promise<Uint8Array> {
  return readFile(file).catch((cause: Error) => {
    throw new MillraceError('ARGUMENT_INVALID', `${flag} cannot be read: ${cause.message}`, { cause })
  })
}
