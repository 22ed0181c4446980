/**
 * The logistic function, from log-odds to a probability.
 *
 * @example sigmoid(0) // 0.5
 */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}
