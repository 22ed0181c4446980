import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MillraceError } from '#models/errors.ts'
import type { Trained } from './check-pipeline.ts'
import type { Deployable } from './stack.ts'

/** The root of the repository. */
export const root = resolve(import.meta.dirname, '..')

/**
 * Loads the pipeline that a definition file exports.
 *
 * `pipelineFile` is taken from the root of the repository; the file's own refusals pass through.
 *
 * @throws MillraceError SETTING_INVALID for a file that is not there or exports no `pipeline`
 * @example await loadPipeline('models/pipeline.ts')
 */
export async function loadPipeline(pipelineFile: string): Promise<Deployable & Trained> {
  const path = resolve(root, pipelineFile)
  if (!existsSync(path)) {
    throw new MillraceError('SETTING_INVALID', `pipelineFile must name a file, got ${path}; change it with -c pipelineFile=…`)
  }
  const { pipeline } = (await import(pathToFileURL(path).href)) as { readonly pipeline?: Deployable & Trained }
  if (pipeline) return pipeline
  throw new MillraceError('SETTING_INVALID', `pipelineFile must export \`pipeline\`, made by definePipeline, but ${path} does not`)
}
