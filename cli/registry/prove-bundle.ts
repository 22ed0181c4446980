import { readBundle } from '#functions/bundles/registry.ts'
import { loadScorer } from '#functions/bundles/scorer.ts'
import type { LoadOnnx, ObjectStore } from '#functions/ports.ts'
import { MillraceError } from '#models/errors.ts'
import { checkVersion } from './read-registry.ts'

/** What the registry's commands work with. */
export interface RegistryPorts {
  readonly pipeline: { readonly name: string; readonly definition: string }
  readonly models: ObjectStore
  readonly load: LoadOnnx
  readonly nowMs: () => number
}

/**
 * Proves that a model can serve: it is there, whole, made for this definition, and its golden rows score as in training.
 *
 * @throws ARGUMENT_INVALID where there is no such version; BUNDLE_INVALID where it would not serve
 */
export async function proveBundle({ pipeline, models, load }: RegistryPorts, version: string): Promise<void> {
  await checkVersion(models, pipeline.name, version)
  try {
    const scorer = await loadScorer(load, await readBundle(models, pipeline.name, version), pipeline.definition)
    await scorer.release()
  } catch (cause) {
    if (!(cause instanceof MillraceError && cause.code === 'BUNDLE_INVALID')) throw cause
    const message = `${version} cannot serve: ${cause.message}; nothing was changed. Choose another of \`millrace models\``
    throw new MillraceError('BUNDLE_INVALID', message, { cause })
  }
}
