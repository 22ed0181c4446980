/** A difference in AUC on the same rows, and the standard deviation of its chance. */
export interface AucGain {
  readonly gain: number
  readonly deviation: number
}

/**
 * Area under the ROC curve by which the scores `a` beat the scores `b` on the same rows, with DeLong's deviation. Null with fewer than two rows
 * of either class.
 *
 * A yes is placed by the share p of noes below it, ties counting half, a no by the share q of yeses above it. The gain is the mean of
 * p(a) − p(b) over the yeses, and its variance var(p(a) − p(b)) / yes count + var(q(a) − q(b)) / no count: what both find hard cancels out.
 * Rows count as independent; neighbours that hang together make the true deviation larger.
 *
 * @see DeLong, DeLong & Clarke-Pearson (Biometrics 1988), the covariance of two areas
 * @see Sun & Xu, Fast implementation of DeLong's algorithm (IEEE Signal Processing Letters, 2014)
 * @example pairedAucGain(candidateScores, championScores, targets) // { gain: 0.012, deviation: 0.003 }
 */
export function pairedAucGain(a: ArrayLike<number>, b: ArrayLike<number>, targets: ArrayLike<number>): AucGain | null {
  const [ofA, ofB] = [toPlacements(a, targets), toPlacements(b, targets)]
  const [yes, no] = [makeMoments(), makeMoments()]
  for (let row = 0; row < targets.length; row++) (targets[row] === 1 ? yes : no).add(ofA[row] - ofB[row])
  if (yes.count() < 2 || no.count() < 2) return null
  return { gain: yes.mean(), deviation: Math.sqrt(yes.variance() / yes.count() + no.variance() / no.count()) }
}

/** For each row the share of the other class that it is on the right side of, ties counting half. */
function toPlacements(scores: ArrayLike<number>, targets: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row).sort((a, b) => scores[a] - scores[b])
  const below = [0, 0] // rows of each class with a lower score
  const totals = [0, 0]
  for (let row = 0; row < targets.length; row++) totals[targets[row]]++
  const placements = new Float64Array(scores.length)
  for (let start = 0, end = 0; start < order.length; start = end) {
    const tied = [0, 0]
    for (; end < order.length && scores[order[end]] === scores[order[start]]; end++) tied[targets[order[end]]]++
    for (let at = start; at < end; at++) {
      const row = order[at]
      const other = 1 - targets[row]
      const share = (below[other] + tied[other] / 2) / totals[other]
      placements[row] = other === 0 ? share : 1 - share
    }
    below[0] += tied[0]
    below[1] += tied[1]
  }
  return placements
}

/** Mean and variance of numbers that come one by one (Welford). */
function makeMoments() {
  let [count, mean, squares] = [0, 0, 0]
  return {
    add(value: number): void {
      count++
      const step = value - mean
      mean += step / count
      squares += step * (value - mean)
    },
    count: () => count,
    mean: () => mean,
    variance: () => squares / (count - 1),
  }
}
