import type { GbdtModel } from '#models/gbdt/model.ts'
import { meanLoss } from '#models/gbdt/objective.ts'
import { makeRandom } from '#models/random.ts'
import { sigmoid } from '#models/sigmoid.ts'
import type { FeatureBlock, TrainingSet } from '#models/training-set.ts'

export interface SetOptions {
  readonly seed?: number
  readonly numberCount?: number
  /** Dictionary sizes of the category features, which come after the numbers. */
  readonly categoryCounts?: readonly number[]
  readonly missingRatio?: number
  readonly target?: 'label' | 'number'
}

/** Rows whose log-odds are the first number plus the sine of the second, and a made-up effect of each category. */
export function makeSet(
  rowCount: number,
  { seed = 1, numberCount = 3, categoryCounts = [3, 40], missingRatio = 0.1, target = 'label' }: SetOptions = {},
): TrainingSet {
  const random = makeRandom(seed)
  const featureCount = numberCount + categoryCounts.length
  const values = new Float32Array(rowCount * featureCount)
  const targets = new Float32Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    let score = random() - 0.5
    for (let feature = 0; feature < featureCount; feature++) {
      const size = categoryCounts[feature - numberCount]
      const value = size === undefined ? random() * 4 - 2 : Math.floor(random() ** 2 * size)
      score += size === undefined ? [value, Math.sin(2 * value)][feature] || 0 : Math.sin(5 * value)
      values[row * featureCount + feature] = random() < missingRatio ? Number.NaN : value
    }
    targets[row] = target === 'number' ? 10 + score : Number(random() < sigmoid(score))
  }
  const numbers = Array.from({ length: numberCount }, (_, i) => ({ name: `number${i}`, kind: 'number' as const, categories: [] }))
  const categories = categoryCounts.map((size, i) => ({
    name: `category${i}`,
    kind: 'category' as const,
    categories: Array.from({ length: size }, (_, code) => `c${code}`),
  }))
  return { features: [...numbers, ...categories], block: { values, rowCount, featureCount }, targets }
}

/** The leaf of every tree that a row falls into, by the definition of bins and rules and nothing else: an oracle without tables. */
export function leavesOf({ data: { trees, bins } }: GbdtModel, { values, featureCount }: FeatureBlock, row: number): number[] {
  return trees.map(({ nodes }) => {
    let at = 0
    while (at >= 0) {
      const { feature, rule, isMissingLeft, left, right } = nodes[at]
      const value = values[row * featureCount + feature]
      const featureBins = bins[feature]
      let goesLeft = isMissingLeft
      if (!Number.isNaN(value)) {
        if (rule.kind === 'number') goesLeft = featureBins.kind === 'number' && value <= (featureBins.edges[rule.bin] ?? Infinity)
        else goesLeft = featureBins.kind === 'category' && rule.bins.some(bin => featureBins.codes[bin] === value)
      }
      at = goesLeft ? left : right
    }
    return ~at
  })
}

/** The largest difference between two lists of scores. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = 0
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]))
  return worst
}

export function withWeights(set: TrainingSet, weightOf: (row: number) => number): TrainingSet {
  return { ...set, weights: Float32Array.from(set.targets, (_, row) => weightOf(row)) }
}

/** Mean loss of a binary model on rows that it may not have seen. */
export function lossOf(model: GbdtModel, { block, targets }: TrainingSet): number {
  const logits = model.score(block).map(probability => Math.log(probability / (1 - probability)))
  return meanLoss('binary', logits, targets, undefined)
}
