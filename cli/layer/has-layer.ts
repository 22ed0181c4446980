import { MillraceError } from '#models/errors.ts'
import type { Pipeline } from '#models/pipeline-compiler.ts'

/** @throws MillraceError ARGUMENT_INVALID for a definition whose layer is off */
export function checkHasLayer({ name, layer }: Pick<Pipeline, 'name' | 'layer'>): void {
  if (!layer) throw new MillraceError('ARGUMENT_INVALID', `the definition of ${name} has no layer`)
}
