/** Gives all members the same weight, or the last one a share of its own. */
export function startMixture(weights: Float64Array, lastWeight = 1 / weights.length): void {
  weights.fill((1 - lastWeight) / (weights.length - 1))
  weights[weights.length - 1] = lastWeight
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
 * Weighs each member by its factor, and gives a share back to all, each as much as it began with, so that one that was long wrong may come again.
 *
 * Where the factors are likelihoods, the mixture loses at most ln(members) more than its best member, and −ln(1 − share) a label.
 *
 * @see Herbster & Warmuth, Tracking the best expert (Machine Learning 1998)
 */
export function weigh(weights: Float64Array, factors: Float64Array, share: number, lastWeight = 1 / weights.length): void {
  let sum = 0
  for (let member = 0; member < weights.length; member++) {
    weights[member] *= factors[member]
    sum += weights[member]
  }
  const kept = (1 - share) / sum
  const last = weights.length - 1
  const back = (share * (1 - lastWeight)) / last
  for (let member = 0; member < last; member++) weights[member] = kept * weights[member] + back
  weights[last] = kept * weights[last] + share * lastWeight
}
