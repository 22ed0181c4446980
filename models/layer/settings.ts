/** How a line learns, and what it reads. */
export interface LineSettings {
  /** How far a label moves a weight, in the link's scale. */
  readonly rate: number
  /** What a label leaves of the sum of squared slopes: at 1 a line settles, below it stays quick. */
  readonly keep: number
  /**
   * Where labels come late, those of late say little: a line that reads the champion alone puts its score right and keeps its ranking, and one
   * that reads the features alone learns what holds however old it is.
   */
  readonly reads: 'all' | 'champion' | 'features'
}

/** The lines, slow to quick: which of them is right depends on the stream and on how late its labels are. */
export const lines: readonly LineSettings[] = [
  { rate: 0.001, keep: 1, reads: 'all' },
  { rate: 0.01, keep: 1, reads: 'all' },
  { rate: 0.05, keep: 1, reads: 'all' },
  { rate: 0.3, keep: 0.999, reads: 'all' },
  { rate: 1, keep: 0.999, reads: 'all' },
  { rate: 1, keep: 0.99, reads: 'all' },
  { rate: 0.003, keep: 1, reads: 'champion' },
  { rate: 0.03, keep: 1, reads: 'champion' },
  { rate: 0.05, keep: 1, reads: 'features' },
  { rate: 0.3, keep: 1, reads: 'features' },
]

/** Mixtures of the experts, for each of these weights (how much a label's loss says) one with each of these shares (what a label gives back to all). */
export const mixtureWeights = [1, 0.3, 0.1, 0.03] as const
export const mixtureShares = [0.01, 0.001, 0.0001] as const

/** Rates of the stackers. */
export const stackerRates = [0.001, 0.005, 0.02, 0.1] as const

/** The share of the mixture over all mixtures and stackers. */
export const lastShare = 0.001

/** What the champion has of the last mixture at first, and of what a label gives back: the later labels are, the more it decides. */
export const championShare = 0.3

/** Labels behind at which the last mixture learns half as much of one. */
export const halvedAtLabels = 10

/** Shares of a label in the quick and the slow rate of labels. */
export const rateShares = [0.05, 0.005] as const

/** What a label leaves of the counts of "as the last" and "as at the same phase". */
export const countsKeep = 0.998

/** Values after which a feature's mean and deviation move by a constant share of each. */
export const momentValues = 10_000

/** Features in deviations are cut off here. */
export const clipDeviations = 5

/** Slots that the hashes of all categories share. */
export const slotCount = 512
