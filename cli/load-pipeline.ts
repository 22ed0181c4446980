import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'

/**
 * The compiled definition that a file exports as `pipeline`; its own refusals pass through.
 *
 * @throws MillraceError FILE_INVALID where the file cannot be loaded or exports none
 * @example await loadPipeline('models/pipeline.ts')
 */
export async function loadPipeline(file: string): Promise<Pipeline> {
  try {
    const { pipeline } = await import(pathToFileURL(path.resolve(file)).href)
    if (typeof pipeline?.parseEvent === 'function') return pipeline
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('FILE_INVALID', `${file} cannot be loaded: ${(cause as Error).message}`, { cause })
  }
  throw new MillraceError('FILE_INVALID', `${file} must export const pipeline = definePipeline({ … })`)
}
