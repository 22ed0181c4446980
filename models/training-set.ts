/** One column of a feature block: a number, or a category whose values are codes into `categories`. */
export interface FeatureSpec {
  readonly name: string
  readonly kind: 'number' | 'category'
  /** The dictionary of a category: code `c` stands for `categories[c]`. Empty for a number. */
  readonly categories: readonly string[]
}

/**
 * Row-major block of features: `values[row * featureCount + feature]`.
 *
 * NaN means missing. A category is its code (0, 1, 2 …); one that the dictionary does not hold is NaN.
 * The same block feeds training, the plain scorers and ONNX (one float32 tensor `[rowCount, featureCount]`).
 */
export interface FeatureBlock {
  readonly values: Float32Array
  readonly rowCount: number
  readonly featureCount: number
}

/** Rows in event-time order with their targets: 0 or 1 for a binary label. */
export interface TrainingSet {
  readonly features: readonly FeatureSpec[]
  readonly block: FeatureBlock
  readonly targets: Float32Array
  /** One weight a row, at least 0; absent means 1 for all. */
  readonly weights?: Float32Array
}

/** A trained model: scores rows in plain JavaScript and goes to ONNX. Scores of a binary model are probabilities. */
export interface Model {
  readonly kind: string
  /** One score a row, in the block's row order. */
  score(block: FeatureBlock): Float64Array
  /**
   * For each feature the scores of the block with that feature taken from row `permutation[row]`, all others from the row itself: what `score` gives of
   * such blocks, to rounding, by computing only what the feature changes.
   */
  scoreShuffled?(block: FeatureBlock, permutation: Uint32Array): Float64Array[]
  /** The model as an ONNX file: input `features` float32 [rows, features], output `score` float32 [rows, 1]. */
  toOnnx(metadata: Readonly<Record<string, string>>): Uint8Array
  /** For trees: the share of all training gain that each feature brought, in the order of the features. */
  gainImportance?(): Float64Array
}

/** The rows from `from` up to, not including, `to`; shares memory with the set it was cut from. */
export function sliceRows(set: TrainingSet, from: number, to: number): TrainingSet {
  const { featureCount } = set.block
  return {
    features: set.features,
    block: { values: set.block.values.subarray(from * featureCount, to * featureCount), rowCount: to - from, featureCount },
    targets: set.targets.subarray(from, to),
    ...(set.weights ? { weights: set.weights.subarray(from, to) } : {}),
  }
}

/** The rows with these numbers, in this order; shares memory where they are the first rows of the set, else it is a copy. */
export function selectRows(set: TrainingSet, rows: Int32Array): TrainingSet {
  const rowCount = rows.length
  if (rowCount === 0 || rows.every((row, at) => row === at)) return sliceRows(set, 0, rowCount)
  const { featureCount } = set.block
  const values = new Float32Array(rowCount * featureCount)
  rows.forEach((row, at) => {
    for (let feature = 0; feature < featureCount; feature++)
      values[at * featureCount + feature] = set.block.values[row * featureCount + feature]
  })
  const { weights } = set
  return {
    features: set.features,
    block: { values, rowCount, featureCount },
    targets: Float32Array.from(rows, row => set.targets[row]),
    ...(weights ? { weights: Float32Array.from(rows, row => weights[row]) } : {}),
  }
}
