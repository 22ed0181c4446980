/**
 * The value that a standard normal stays below with probability `ratio`, above 0 and below 1.
 *
 * Newton's method on Φ(x) = 1/2 + φ(x) · (x + x³/3 + x⁵/15 + …). Φ bends down above 0, so steps from 0 rise to the root and never pass it.
 *
 * @see Marsaglia, Evaluating the normal distribution (Journal of Statistical Software, 2004)
 * @example normalQuantile(0.975) // 1.9599…
 */
export function normalQuantile(ratio: number): number {
  if (ratio < 0.5) return -normalQuantile(1 - ratio)
  let quantile = 0
  for (let step = 1; step > 1e-12; quantile += step) {
    const density = Math.exp(-(quantile ** 2) / 2) / Math.sqrt(2 * Math.PI)
    let series = quantile
    for (let term = quantile, odd = 3; term > 1e-17; odd += 2) {
      term *= quantile ** 2 / odd
      series += term
    }
    step = (ratio - 0.5) / density - series
  }
  return quantile
}
