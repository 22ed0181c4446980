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
  const { roots, leafValues } = forest
  for (let row = 0; row < rowCount; row++) {
    let score = scores[row]
    for (let tree = 0; tree < roots.length; tree++) score += leafValues[~walk(forest, values, row * featureCount, roots[tree])]
    scores[row] = score
  }
}

/** The leaf that the row of `values` from `at` on comes to from a node on. */
function walk(forest: Forest, values: Float32Array, at: number, from: number): number {
  const { left, right } = forest
  let node = from
  while (node >= 0) node = goesLeft(forest, values, at, node) ? left[node] : right[node]
  return node
}

function goesLeft(forest: Forest, values: Float32Array, at: number, node: number): boolean {
  const feature = forest.feature[node]
  const value = values[at + feature]
  if (Number.isNaN(value)) return forest.isMissingLeft[node] === 1
  const binOfCode = forest.binOfCode[feature]
  if (binOfCode === undefined) return value <= forest.edge[node]
  const bin = binOfCode[value] ?? noBin
  return ((forest.sets[forest.edge[node] + (bin >> 5)] >> (bin & 31)) & 1) === 1
}

/**
 * For each feature what the scores change by, row by row, when the feature's value is that of row `permutation[row]`.
 *
 * A tree changes only where the feature stands on the row's own path, and only from there down: so all features together cost a few scorings, not one
 * each.
 */
export function shuffledChanges(
  forest: Forest,
  { values, rowCount, featureCount }: FeatureBlock,
  permutation: Uint32Array,
): readonly Float64Array[] {
  const { roots, leafValues, feature, left, right } = forest
  const changes = Array.from({ length: featureCount }, () => new Float64Array(rowCount))
  const row = new Float32Array(featureCount)
  const path: number[] = []
  for (let index = 0; index < rowCount; index++) {
    row.set(values.subarray(index * featureCount, (index + 1) * featureCount))
    for (const root of roots) {
      let leaf = root
      for (path.length = 0; leaf >= 0; leaf = goesLeft(forest, row, 0, leaf) ? left[leaf] : right[leaf]) {
        if (!path.some(node => feature[node] === feature[leaf])) path.push(leaf)
      }
      for (const node of path) {
        const at = feature[node]
        const own = row[at]
        row[at] = values[permutation[index] * featureCount + at]
        changes[at][index] += leafValues[~walk(forest, row, 0, node)] - leafValues[~leaf]
        row[at] = own
      }
    }
  }
  return changes
}
