/**
 * Standard deviation of the mean of a series whose neighbours hang together: that of its block bootstrap, in closed form.
 * The series has a value for each block at least, and two blocks.
 *
 * Drawing blocks of consecutive values that start anywhere on the ring of the series gives a mean whose variance is that of one block's sum about
 * its expectation, over block length · count; it is blocks / (blocks − 1) too small, since the ring's own mean is taken for the true one.
 *
 * @see Politis & Romano, A circular block-resampling procedure for stationary data (1992)
 * @example blockDeviation(Float64Array.of(1, 1, 3, 3), 2) // 0.707…: the blocks 1 1, 1 3, 3 3 and 3 1 of the ring
 */
export function blockDeviation(values: Float64Array, blockCount: number): number {
  const count = values.length
  const length = Math.floor(count / blockCount)
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  let blockSum = 0
  for (let at = 0; at < length; at++) blockSum += values[at] - mean
  let squares = 0
  for (let start = 0; start < count; start++) {
    squares += blockSum ** 2
    blockSum += values[(start + length) % count] - values[start]
  }
  return Math.sqrt(squares / count / length / (count - length))
}
