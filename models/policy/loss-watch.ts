/** Raised once losses have stayed above what was promised for too long. */
export interface LossWatch {
  add(loss: number): void
  isRaised(): boolean
}

/** Losses before the watch can be raised: fewer do not tell their own spread. */
const lossesAtLeast = 30
/**
 * How many rows a promised loss counts as against the losses that came since. A holdout is a sample of other days: its promise is
 * believed at first, and what the stream shows takes over, so that a day that is hard for every model does not ask for trainings without end.
 */
const promiseRows = 500

/**
 * Watches a model's losses for a lasting rise: Page's one-sided CUSUM, `sum = max(0, sum + (loss − reference) / sd − allowance)`, raised from
 * `threshold` on, and then for good.
 *
 * The reference is the promised loss, mixed with the mean of the losses so far as promiseRows to their count; without a promise their mean
 * alone (Page–Hinkley's test). A rise of s standard deviations is found after about threshold / (s − allowance) losses. Independent losses without a
 * rise raise it once in about e^(2 · allowance · threshold) / (2 · allowance²) losses: a million for 0.1 and 50. Losses that hang together raise it
 * sooner: a false alarm costs one training. A loss that is not a number counts as nothing.
 *
 * @see Page, Continuous inspection schemes (Biometrika 1954)
 * @see Siegmund, Sequential Analysis (1985), §2.6, for the mean time to a false alarm
 * @example makeLossWatch({ allowance: 0.1, threshold: 50, promisedLoss: 0.42 })
 */
export function makeLossWatch(settings: {
  readonly allowance: number
  readonly threshold: number
  readonly promisedLoss?: number
}): LossWatch {
  const { allowance, threshold, promisedLoss } = settings
  const promised = promisedLoss !== undefined && Number.isFinite(promisedLoss) ? promisedLoss : undefined
  let count = 0
  let mean = 0
  let squares = 0 // Welford: Σ (loss − mean)²
  let sum = 0
  let isRaised = false
  return {
    add(loss) {
      if (!Number.isFinite(loss)) return
      if (count >= lossesAtLeast && squares > 0) {
        const reference = promised === undefined ? mean : (promised * promiseRows + mean * count) / (promiseRows + count)
        sum = Math.max(0, sum + (loss - reference) / Math.sqrt(squares / (count - 1)) - allowance)
        isRaised ||= sum >= threshold
      }
      count++
      const step = loss - mean
      mean += step / count
      squares += step * (loss - mean)
    },
    isRaised: () => isRaised,
  }
}
