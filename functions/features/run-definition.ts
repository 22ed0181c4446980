import type { Decoded } from '../decode.ts'

/**
 * What functions of the definition give; one that throws is bad data, not broken plumbing.
 *
 * @example runDefinition(() => pipeline.isScored(event)) // { ok: true, value: true }
 */
export function runDefinition<T>(run: () => T): Decoded<T> {
  try {
    return { ok: true, value: run() }
  } catch (error) {
    return { ok: false, code: 'FEATURES_FAILED', reason: `a function of the definition threw: ${(error as Error).message}` }
  }
}
