import { type FeatureBins, missingBinOf } from './bins.ts'
import type { SplitNode, Tree } from './tree.ts'

/**
 * A made-up number of a category: `ranks[bin]`, where missing and "other" have bins, too. A split of the category is then a split of the
 * number, `rank <= highest`.
 */
export interface RankColumn {
  readonly feature: number
  readonly ranks: Uint8Array
}

/** A split of a category as a split of a rank column. Where `isMirrored`, the low ranks are those that go right. */
export interface RankSplit {
  readonly column: number
  /** −1 where no bin is low. */
  readonly highest: number
  readonly isMirrored: boolean
}

export interface RankColumns {
  readonly columns: readonly RankColumn[]
  /** By tree and node; undefined for a number's split. */
  readonly splits: readonly (readonly (RankSplit | undefined)[])[]
}

/** Bins that come to a node and go left or right there; bins that do not come may have any rank. */
interface Sides {
  readonly left: readonly number[]
  readonly right: readonly number[]
}

interface Placed extends Sides {
  readonly column: number
  readonly isMirrored: boolean
}

/**
 * How many of a feature's newest columns are tried before a new one is made. For 300 trees of 31 leaves with two airports: 5,000 columns if
 * every set had its own, 2,700 with 16 tries, 2,300 with all, which takes 4 times as long.
 */
const triesAtMost = 16

/** Finds columns for all category splits of the trees, in which many splits share one. */
export function toRankColumns(trees: readonly Tree[], bins: readonly FeatureBins[]): RankColumns {
  const columns: RankColumn[] = []
  const columnsOf = bins.map((): number[] => []) // by feature, the newest first
  const place = (feature: number, sides: Sides): Placed => {
    for (const column of columnsOf[feature].slice(0, triesAtMost)) {
      const { ranks } = columns[column]
      if (tryToSeparate(ranks, sides.left, sides.right)) return { ...sides, column, isMirrored: false }
      if (tryToSeparate(ranks, sides.right, sides.left)) return { ...sides, column, isMirrored: true }
    }
    const ranks = new Uint8Array(missingBinOf(bins[feature]) + 1)
    for (const bin of sides.right) ranks[bin] = 1
    columnsOf[feature].unshift(columns.length)
    columns.push({ feature, ranks })
    return { ...sides, column: columns.length - 1, isMirrored: false }
  }
  const placed = trees.map(tree => toSides(tree, bins).map((sides, node) => sides && place(tree.nodes[node].feature, sides)))
  const toSplit = ({ column, isMirrored, left, right }: Placed): RankSplit => {
    const { ranks } = columns[column] // only now: later splits moved them, never across an earlier one's border
    const highest = (isMirrored ? right : left).reduce((rank, bin) => Math.max(rank, ranks[bin]), -1)
    return { column, highest, isMirrored }
  }
  return { columns, splits: placed.map(nodes => nodes.map(node => node && toSplit(node))) }
}

/** For each node that splits a category, which of its bins go where: of those that the nodes above let through. */
function toSides({ nodes }: Tree, bins: readonly FeatureBins[]): (Sides | undefined)[] {
  const reached: (readonly (readonly number[])[])[] = [] // by node and feature
  reached[0] = bins.map(feature => (feature.kind === 'category' ? Array.from({ length: missingBinOf(feature) + 1 }, (_, bin) => bin) : []))
  return nodes.map((node, at) => {
    const sides = node.rule.kind === 'category' ? splitBins(reached[at][node.feature], node, bins[node.feature]) : undefined
    if (node.left >= 0) reached[node.left] = sides ? reached[at].with(node.feature, sides.left) : reached[at]
    if (node.right >= 0) reached[node.right] = sides ? reached[at].with(node.feature, sides.right) : reached[at]
    return sides
  })
}

function splitBins(reached: readonly number[], { rule, isMissingLeft }: SplitNode, bins: FeatureBins): Sides {
  const goesLeft = new Uint8Array(missingBinOf(bins) + 1)
  if (rule.kind === 'category') for (const bin of rule.bins) goesLeft[bin] = 1
  goesLeft[missingBinOf(bins)] = Number(isMissingLeft)
  return { left: reached.filter(bin => goesLeft[bin] === 1), right: reached.filter(bin => goesLeft[bin] === 0) }
}

/**
 * Whether all of `low` can rank below all of `high`. They can where the highest of the low rank at most as the lowest of the high; if those
 * two rank the same, the high ones of that rank, and all ranks above, are moved up by one.
 */
function tryToSeparate(ranks: Uint8Array, low: readonly number[], high: readonly number[]): boolean {
  let border = -1
  for (const bin of low) if (ranks[bin] > border) border = ranks[bin]
  let isShared = false
  for (const bin of high) {
    if (ranks[bin] < border) return false
    if (ranks[bin] === border) isShared = true
  }
  if (!isShared) return true
  const isHigh = new Uint8Array(ranks.length)
  for (const bin of high) isHigh[bin] = 1
  for (let bin = 0; bin < ranks.length; bin++) {
    if (ranks[bin] > border || (ranks[bin] === border && isHigh[bin] === 1)) ranks[bin]++
  }
  return true
}
