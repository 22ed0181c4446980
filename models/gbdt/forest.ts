import type { FeatureBlock } from '../training-set.ts'
import { type FeatureBins, toBinOfCode, upperEdge } from './bins.ts'
import type { Tree } from './tree.ts'

/** Trees as flat arrays, to be walked row by row. Entry `n` of an array belongs to node `n`; trees follow each other. */
export interface Forest {
  readonly roots: Int32Array
  readonly leafValues: Float64Array
  readonly feature: Int32Array
  /** A number goes left at most at this float32; a category has its set at this place of `sets`. */
  readonly edge: Float64Array
  readonly isMissingLeft: Uint8Array
  readonly left: Int32Array
  readonly right: Int32Array
  /** Sets of category bins, 256 bits each. */
  readonly sets: Uint32Array
  /** For each category feature the bin of each code; a code beyond the end is one of the others. */
  readonly binOfCode: readonly (Uint8Array | undefined)[]
  readonly isCategory: Uint8Array
}

const setWords = 8

/** Stands for the others, which are in no set. */
const noBin = 255

/** Lays trees out for scoring. A leaf is the complement of its place in `leafValues`, as in a tree. */
export function toForest(trees: readonly Tree[], bins: readonly FeatureBins[]): Forest {
  const nodeCount = trees.reduce((sum, tree) => sum + tree.nodes.length, 0)
  const setCount = trees.reduce((sum, tree) => sum + tree.nodes.filter(node => node.rule.kind === 'category').length, 0)
  const forest: Forest = {
    roots: new Int32Array(trees.length),
    leafValues: Float64Array.from(trees.flatMap(tree => tree.leafValues)),
    feature: new Int32Array(nodeCount),
    edge: new Float64Array(nodeCount),
    isMissingLeft: new Uint8Array(nodeCount),
    left: new Int32Array(nodeCount),
    right: new Int32Array(nodeCount),
    sets: new Uint32Array(setCount * setWords),
    binOfCode: bins.map(feature => (feature.kind === 'category' ? toBinOfCode(feature) : undefined)),
    isCategory: Uint8Array.from(bins, ({ kind }) => Number(kind === 'category')),
  }
  let node = 0
  let leaf = 0
  let set = 0
  for (const [number, tree] of trees.entries()) {
    const firstNode = node
    const place = (child: number) => (child < 0 ? child - leaf : child + firstNode)
    forest.roots[number] = firstNode
    for (const { feature, rule, isMissingLeft, left, right } of tree.nodes) {
      forest.feature[node] = feature
      forest.isMissingLeft[node] = Number(isMissingLeft)
      forest.left[node] = place(left)
      forest.right[node] = place(right)
      if (rule.kind === 'number') forest.edge[node] = upperEdge(bins[feature], rule.bin)
      else {
        for (const bin of rule.bins) forest.sets[set + (bin >> 5)] |= 1 << (bin & 31)
        forest.edge[node] = set
        set += setWords
      }
      node++
    }
    leaf += tree.leafValues.length
  }
  return forest
}

/** Adds the trees' leaf values to `scores`, one a row. */
export function addScores(forest: Forest, { values, rowCount, featureCount }: FeatureBlock, scores: Float64Array): void {
  const { roots, leafValues, feature, edge, isMissingLeft, left, right, sets, isCategory } = forest
  const row = new Float64Array(featureCount) // the row's numbers, and the bins of its categories
  for (let index = 0; index < rowCount; index++) {
    readRow(forest, values, index * featureCount, row)
    let score = scores[index]
    for (let tree = 0; tree < roots.length; tree++) {
      let node = roots[tree]
      while (node >= 0) {
        const at = feature[node]
        const value = row[at]
        const goesLeft = Number.isNaN(value)
          ? isMissingLeft[node] === 1
          : isCategory[at]
            ? ((sets[edge[node] + (value >> 5)] >> (value & 31)) & 1) === 1
            : value <= edge[node]
        node = goesLeft ? left[node] : right[node]
      }
      score += leafValues[~node]
    }
    scores[index] = score
  }
}

function readRow({ binOfCode }: Forest, values: Float32Array, at: number, row: Float64Array): void {
  for (let feature = 0; feature < row.length; feature++) {
    const value = values[at + feature]
    const bins = binOfCode[feature]
    row[feature] = bins === undefined || Number.isNaN(value) ? value : (bins[value] ?? noBin)
  }
}
