import { MillraceError } from '../errors.ts'
import { sigmoid } from '../sigmoid.ts'
import type { FeatureBlock, Model } from '../training-set.ts'
import { formatVersion, type GbdtData } from './data.ts'
import { addScores, shuffledChanges, toForest } from './forest.ts'
import { gbdtToOnnx } from './to-onnx.ts'

export interface GbdtModel extends Model {
  readonly kind: 'gbdt'
  readonly data: GbdtData
  toJson(): GbdtData
}

/**
 * A boosted-tree model that scores in plain JavaScript.
 *
 * @example makeGbdtModel(data).score(block) // Float64Array of probabilities, or of numbers for squared error
 */
export function makeGbdtModel(data: GbdtData): GbdtModel {
  const forest = toForest(data.trees, data.bins)
  const sumTrees = (block: FeatureBlock) => {
    checkBlock(data, block)
    const sums = new Float64Array(block.rowCount).fill(data.baseScore)
    addScores(forest, block, sums)
    return sums
  }
  const toScores = (sums: Float64Array) => (data.objective === 'binary' ? sums.map(sigmoid) : sums)
  return {
    kind: 'gbdt',
    data,
    score: block => toScores(sumTrees(block)),
    scoreShuffled(block, permutation) {
      const sums = sumTrees(block)
      return shuffledChanges(forest, block, permutation).map(changes => toScores(sums.map((sum, row) => sum + changes[row])))
    },
    toJson: () => data,
    gainImportance: () => gainImportance(data),
    toOnnx: metadata => gbdtToOnnx(data, metadata),
  }
}

function checkBlock({ features }: GbdtData, block: FeatureBlock): void {
  if (block.featureCount === features.length) return
  throw new MillraceError(
    'ARGUMENT_INVALID',
    `a row must have ${features.length} features, got ${block.featureCount}; score with the definition of the model`,
  )
}

/**
 * Reads a model that `toJson` wrote.
 *
 * @throws MillraceError BUNDLE_INVALID if it is of another kind or format
 * @example parseGbdtModel(JSON.parse(JSON.stringify(model.toJson())))
 */
export function parseGbdtModel(json: unknown): GbdtModel {
  const data = json as GbdtData | null
  if (data?.kind === 'gbdt' && data.formatVersion === formatVersion) return makeGbdtModel(data)
  const got = `${data?.kind} of format ${data?.formatVersion}`
  throw new MillraceError(
    'BUNDLE_INVALID',
    `the model must be gbdt of format ${formatVersion}, got ${got}; train it again with this version`,
  )
}

/** The part of all gain that each feature brought, summing to 1; all 0 for a model without a split. */
export function gainImportance({ features, trees }: GbdtData): Float64Array {
  const gains = new Float64Array(features.length)
  for (const { nodes } of trees) for (const { feature, gain } of nodes) gains[feature] += gain
  const total = gains.reduce((sum, gain) => sum + gain, 0)
  return total > 0 ? gains.map(gain => gain / total) : gains
}
