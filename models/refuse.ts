import { MillraceError } from './errors.ts'

/** Refuses a part of a definition: what it must be, and what was there. */
export function refuse(part: string, allowed: string, got: unknown): never {
  throw new MillraceError(
    'DEFINITION_INVALID',
    `${part} must ${allowed}, got ${JSON.stringify(got) ?? typeof got}; change it in models/pipeline.ts`,
  )
}

export function checkPositive(part: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) refuse(part, 'be a number above 0', value)
}
