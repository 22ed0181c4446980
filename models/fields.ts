import { z } from 'zod'

/** 1 January 1970 to 1 January 2100: a clock outside it is broken, not early or late. */
const latestMs = 4_102_444_800_000

/**
 * A string of at least one and at most `max` characters; 256 unless told, so that no field can carry a megabyte.
 *
 * @example text({ max: 3 })
 */
export function text(limits: { readonly max?: number } = {}) {
  return z
    .string()
    .min(1)
    .max(limits.max ?? 256)
}

/**
 * A finite number; JSON's 1e400 is Infinity once parsed, and refused.
 *
 * @example number({ min: 0 })
 */
export function number(limits: { readonly min?: number; readonly max?: number } = {}) {
  return z
    .number()
    .min(limits.min ?? -Number.MAX_VALUE)
    .max(limits.max ?? Number.MAX_VALUE)
}

/**
 * One of the listed strings.
 *
 * @example oneOf(['DE', 'FR', 'US'])
 */
export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values)
}

/** A clock time in whole milliseconds since 1970, UTC. */
export function timeMs() {
  return z.int().min(0).max(latestMs)
}

/** Whether a value is such a clock time. @example isTimeMs(-1) // false */
export function isTimeMs(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= latestMs
}

/** True or false, as JSON has them. */
export function flag() {
  return z.boolean()
}
