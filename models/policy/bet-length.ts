/** How the values of a series hang together, from what has been seen of it. */
export interface Spread {
  /** Values whose mean is one bet, so that one bet says little of the next. */
  readonly length: number
  /** Standard deviation of the mean of so many values, on the cautious side. */
  readonly deviation: number
}

/** A bet is as long as so many times the time over which values hang together: what is left of it between bets is about a fifth. */
const timesCorrelation = 3

/**
 * Chooses how many values make one bet, at most `lengthAtMost`, and how far their mean strays.
 *
 * The time over which values hang together is 1 + 2 Σ ρₖ, the sum over lags up to the first autocorrelation that is not above 0
 * (Geyer's rule of the initial sequence). The deviation is the larger of what independence beyond that time would give, and of what windows of
 * that length showed, measured from 0; it is raised where few of them were seen.
 *
 * @see Geyer, Practical Markov chain Monte Carlo (Statistical Science 1992)
 */
export function measureSpread(values: readonly number[], lengthAtMost: number): Spread {
  const count = values.length
  const sums = [0]
  for (const value of values) sums.push(sums[sums.length - 1] + value)
  const mean = sums[count] / count
  const products = (lag: number) => {
    let sum = 0
    for (let at = lag; at < count; at++) sum += (values[at] - mean) * (values[at - lag] - mean)
    return sum / count
  }
  const variance = products(0)
  let correlationTime = 1
  for (let lag = 1; lag < Math.min(count / 2, lengthAtMost) && variance > 0; lag++) {
    const correlation = products(lag) / variance
    if (correlation <= 0) break
    correlationTime += 2 * correlation
  }
  const length = Math.max(1, Math.min(lengthAtMost, Math.ceil(timesCorrelation * correlationTime)))
  let squares = 0
  let windows = 0
  for (let end = length; end <= count; end++) {
    squares += ((sums[end] - sums[end - length]) / length) ** 2
    windows++
  }
  const seen = windows === 0 ? 0 : squares / windows
  const expected = ((variance + mean ** 2) * Math.min(correlationTime, length)) / length
  return { length, deviation: Math.sqrt(Math.max(seen, expected)) * (1 + Math.sqrt(length / count)) }
}
