const binCount = 10

/**
 * Population stability index of the scores `b` against the scores `a`: Σ (share b − share a) · ln(share b / share a), over ten bins of equal count of `a`.
 *
 * 0 for like distributions; by custom below 0.1 is little, above 0.25 a lot. Half a row is added to each bin, so that an empty one stays
 * finite; chance alone gives about 9 · (1 / rows of a + 1 / rows of b). Null without rows.
 *
 * @see Siddiqi, Credit Risk Scorecards (2006), for the index; Yurdakul, Statistical properties of population stability index (2018), for its chance
 * @example scoreShift([0.1, 0.2, 0.3], [0.1, 0.2, 0.3]) // 0
 */
export function scoreShift(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  if (a.length === 0 || b.length === 0) return null
  const sorted = Float64Array.from(a).sort()
  const edges = [...new Set(Array.from({ length: binCount - 1 }, (_, bin) => sorted[Math.floor(((bin + 1) * sorted.length) / binCount)]))]
  const [sharesA, sharesB] = [toShares(a, edges), toShares(b, edges)]
  return sharesA.reduce((sum, share, bin) => sum + (sharesB[bin] - share) * Math.log(sharesB[bin] / share), 0)
}

/** The share of scores in each bin: below the first edge, from there to below the next, and so on. */
function toShares(scores: ArrayLike<number>, edges: readonly number[]): number[] {
  const counts = Array(edges.length + 1).fill(0.5)
  for (let row = 0; row < scores.length; row++) {
    let bin = 0
    while (bin < edges.length && scores[row] >= edges[bin]) bin++
    counts[bin]++
  }
  return counts.map(count => count / (scores.length + counts.length / 2))
}
