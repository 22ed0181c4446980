/** A standard normal number (Box & Muller). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/**
 * The most times that something of this rate comes up in so many trials, but for once in a thousand: what a promise of that rate allows a simulation.
 *
 * @example mostByChance(0.05, 2_000) // 132: with a true rate of 10 %, 200 are expected
 */
export function mostByChance(rate: number, trials: number): number {
  let probability = (1 - rate) ** trials
  let sum = probability
  let count = 0
  for (; sum < 0.999; count++) {
    probability *= ((trials - count) * rate) / ((count + 1) * (1 - rate))
    sum += probability
  }
  return count
}
