import type { AnyInputs, Definition, Fields, Lookup, UntypedDefinition } from './definition.ts'
import { compilePipeline, type Pipeline } from './pipeline-compiler.ts'

/**
 * Checks a definition and compiles it into the pipeline that every step runs.
 *
 * @throws MillraceError DEFINITION_INVALID that names the part, what is allowed, what was found
 * @example models/pipeline.ts
 */
export function definePipeline<
  const E extends Fields,
  const T extends Fields,
  const L extends Readonly<Record<string, Lookup<keyof E & string>>> = Readonly<Record<never, never>>,
  const A extends string = never,
  const I extends AnyInputs = Readonly<Record<never, never>>,
>(definition: Definition<E, L, T, A, I>): Pipeline {
  return compilePipeline(definition as unknown as UntypedDefinition)
}
