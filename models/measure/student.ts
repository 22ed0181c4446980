import { normalQuantile } from './normal.ts'

/**
 * The value that Student's t of so many degrees of freedom, 3 or more, stays below with probability `ratio`, above 0 and below 1.
 *
 * Fisher's expansion about the normal quantile z, to the fourth order in 1 / degrees. With 9 degrees a tail of 1 / 100,000 comes out 2 % too large.
 *
 * @see Abramowitz & Stegun, Handbook of Mathematical Functions (1964), 26.7.5
 * @example studentQuantile(0.95, 9) // 1.833…
 */
export function studentQuantile(ratio: number, degrees: number): number {
  const z = normalQuantile(ratio)
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160,
  ]
  return terms.reduce((sum, term, at) => sum + term / degrees ** (at + 1), z)
}
