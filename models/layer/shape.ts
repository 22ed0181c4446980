import { lines, mixtureShares, mixtureWeights, stackerRates } from './settings.ts'

/** A time after which labels are likely to repeat, as a day or a week, in steps within which they count as one. */
export interface Period {
  readonly everyMs: number
  readonly stepMs: number
}

/** What a layer reads of a row. A state belongs to a shape. */
export interface LayerShape {
  /** Features that are numbers. */
  readonly numberCount: number
  /** Features that are categories. */
  readonly categoryCount: number
  readonly periods: readonly Period[]
}

/** A row as the layer reads it. */
export interface LayerRow {
  /** The event's own clock. */
  readonly atMs: number
  /** The champion's score; NaN where there was no champion. */
  readonly championScore: number
  /** The features that are numbers; NaN is missing. */
  readonly numbers: ArrayLike<number>
  /** A slot for each feature that is a category; -1 is missing. */
  readonly slots: ArrayLike<number>
}

/** Inputs that come of labels: the last three, two rates, the product of the last two, and one for each period. */
export const memoryCount = ({ periods }: LayerShape) => 6 + periods.length

/** Inputs of the lines beside their slots: the champion's, 1, the numbers, the label memory. */
export const inputCount = (shape: LayerShape) => 2 + shape.numberCount + memoryCount(shape)

/** Experts in their order: the champion, the lines, as the last label, as at the same phase of each period, the rate of labels. */
export const expertCount = ({ periods }: LayerShape) => 1 + lines.length + 1 + periods.length + 1

/** Mixtures, stackers and the champion. */
export const combinerCount = mixtureWeights.length * mixtureShares.length + stackerRates.length + 1

/** Where the parts of a trace begin: labels so far, inputs of the label memory, scores of experts, of combiners, and the layer's own. */
export function traceParts(shape: LayerShape) {
  const experts = 1 + memoryCount(shape)
  const combiners = experts + expertCount(shape)
  const score = combiners + combinerCount
  return { labels: 0, memory: 1, experts, combiners, score, length: score + 1 } as const
}
