/** Gives all members the same weight. */
export function startMixture(weights: Float64Array): void {
  weights.fill(1 / weights.length)
}

/** The members' scores from `from` on, each by its weight. */
export function mix(weights: Float64Array, scores: Float32Array, from: number): number {
  let sum = 0
  for (let member = 0; member < weights.length; member++) sum += weights[member] * scores[from + member]
  return sum
}

/** What a label leaves of each member's weight: e to the power of its loss, times how much a loss says. */
export function toFactors(losses: Float64Array, weight: number, factors: Float64Array): void {
  for (let member = 0; member < losses.length; member++) factors[member] = Math.exp(-weight * losses[member])
}

/**
 * Weighs each member by its factor, and gives a share back to all, so that one that was long wrong may come again.
 *
 * Where the factors are likelihoods, the mixture loses at most ln(members) more than its best member, and −ln(1 − share) a label.
 *
 * @see Herbster & Warmuth, Tracking the best expert (Machine Learning 1998)
 */
export function weigh(weights: Float64Array, factors: Float64Array, share: number): void {
  let sum = 0
  for (let member = 0; member < weights.length; member++) {
    weights[member] *= factors[member]
    sum += weights[member]
  }
  const kept = (1 - share) / sum
  const back = share / weights.length
  for (let member = 0; member < weights.length; member++) weights[member] = kept * weights[member] + back
}
