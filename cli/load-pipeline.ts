import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'

/** The definition that every step runs unless told otherwise. */
const ownFile = path.join(import.meta.dirname, '..', 'models', 'pipeline.ts')

/**
 * The pipeline that a definition file exports; this repository's own where none is named.
 *
 * The file is taken from the working directory. What the definition itself refuses passes through.
 *
 * @throws ARGUMENT_INVALID where there is no such file or it exports no `pipeline`
 * @example const { name } = await loadPipeline('models/pipeline.ts')
 */
export async function loadPipeline(file: string = ownFile): Promise<Pipeline> {
  const place = path.resolve(file)
  if (!existsSync(place)) throw new MillraceError('ARGUMENT_INVALID', `--pipeline must be a file, there is none at ${place}`)
  const { pipeline } = await importFile(place)
  if (typeof pipeline?.parseEvent === 'function') return pipeline
  throw new MillraceError('ARGUMENT_INVALID', `--pipeline must export \`pipeline\`, made by definePipeline, ${place} does not`)
}

async function importFile(place: string): Promise<{ readonly pipeline?: Pipeline }> {
  try {
    return await import(pathToFileURL(place).href)
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('ARGUMENT_INVALID', `--pipeline ${place} cannot be loaded: ${(cause as Error).message}`, { cause })
  }
}
