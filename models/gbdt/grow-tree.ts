import { type FeatureBins, missingBinOf } from './bins.ts'
import { findCategorySplit } from './category-split.ts'
import * as map from './kernels/memory-map.ts'
import { type LeafSums, leafL2, leafValue, type Units } from './leaf-sums.ts'
import { findNumberSplit } from './number-split.ts'
import type { Objective } from './objective.ts'
import type { GbdtSettings } from './settings.ts'
import { type Split, toSearchLeaf } from './split.ts'
import type { Team } from './team.ts'
import { leafRowCount, type TrainingMemory, writeLeafValues } from './training-memory.ts'
import { type SplitNode, type Tree, writeSplitTable } from './tree.ts'

export interface Grower {
  readonly memory: TrainingMemory
  readonly team: Team
  readonly bins: readonly FeatureBins[]
  readonly settings: GbdtSettings
  readonly objective: Objective
}

/** A leaf of the growing tree. Its number is that of its row ranges; `histogram` is an address. */
interface Leaf {
  readonly sums: LeafSums
  readonly rowCount: number
  readonly histogram: number
  readonly isCategorySide: boolean
  readonly parent: { readonly node: number; readonly side: 'left' | 'right' } | undefined
  readonly split: Split | undefined
}

/**
 * Grows one tree leaf-wise: the leaf whose best split gains most is split next, until there are enough leaves or none gains.
 *
 * The root's histogram must be in the first slot. Of two new leaves only the smaller one is summed; the larger is its parent's minus it.
 * Returns nothing if the root cannot be split. Leaf values stay in the memory for the next round to add.
 *
 * @see Shi, Best-first Decision Tree Learning (2007); Ke et al., LightGBM (NIPS 2017)
 */
export function growTree(grower: Grower, units: Units, features: readonly number[]): Tree | undefined {
  const { memory, settings } = grower
  const nodes: { -readonly [Key in keyof SplitNode]: SplitNode[Key] }[] = []
  const rootRows = {
    sums: rootSums(memory),
    rowCount: memory.rowCount,
    histogram: memory.histograms,
    isCategorySide: false,
    parent: undefined,
  }
  const leaves: Leaf[] = [{ ...rootRows, split: findBestSplit(grower, units, features, rootRows) }]
  while (leaves.length < settings.leafCount) {
    const chosen = pickLeaf(leaves)
    if (chosen < 0) break
    const leaf = leaves[chosen]
    const split = leaf.split!
    const node = nodes.length
    const newLeaf = leaves.length
    if (leaf.parent) nodes[leaf.parent.node][leaf.parent.side] = node
    nodes.push({
      feature: split.feature,
      rule: split.rule,
      isMissingLeft: split.isMissingLeft,
      left: ~chosen,
      right: ~newLeaf,
      gain: split.gain,
    })
    const isLast = newLeaf + 1 === settings.leafCount
    const isSearched = !isLast && canSplitChildren(leaf, split, settings)
    const isLeftSmaller = split.left.hessian <= split.right.hessian
    const smaller = isSearched ? (isLeftSmaller ? chosen : newLeaf) : -1
    const ownHistogram = memory.histograms + newLeaf * memory.histogramBytes
    moveRows(grower, split, chosen, newLeaf, smaller, ownHistogram, leaf.histogram)
    const toLeaf = (side: 'left' | 'right', number: number): Leaf => {
      const rows = {
        sums: split[side],
        rowCount: leafRowCount(memory, number),
        histogram: number === smaller ? ownHistogram : leaf.histogram,
        isCategorySide: split.rule.kind === 'category',
        parent: { node, side },
      }
      return { ...rows, split: isSearched ? findBestSplit(grower, units, features, rows) : undefined }
    }
    leaves[chosen] = toLeaf('left', chosen)
    leaves.push(toLeaf('right', newLeaf))
  }
  const leafValues = nodes.length === 0 ? [0] : leaves.map(leaf => toLeafValue(leaf, units, grower))
  writeLeafValues(memory, leafValues)
  if (nodes.length === 0) return undefined
  return { nodes, leafValues, leafRowCounts: leaves.map(leaf => leaf.rowCount) }
}

/** Sums over all rows: those of any one feature's bins. */
function rootSums({ views, histograms }: TrainingMemory): LeafSums {
  let gradient = 0
  let hessian = 0
  for (let word = histograms >> 2; word < (histograms + map.FEATURE_HISTOGRAM_BYTES) >> 2; word += 2) {
    hessian += views.u32[word]
    gradient += views.i32[word + 1]
  }
  return { gradient, hessian }
}

/** The leaf with the largest gain, the first of equals; −1 if none can be split. */
function pickLeaf(leaves: readonly Leaf[]): number {
  let chosen = -1
  for (const [number, { split }] of leaves.entries()) {
    if (split && (chosen < 0 || split.gain > leaves[chosen].split!.gain)) chosen = number
  }
  return chosen
}

function findBestSplit(
  { memory, bins, settings }: Grower,
  units: Units,
  features: readonly number[],
  leaf: Omit<Leaf, 'split'>,
): Split | undefined {
  const search = toSearchLeaf(leaf.sums, leaf.rowCount, units, settings)
  let best: Split | undefined
  for (const feature of features) {
    const at = (leaf.histogram + feature * map.FEATURE_HISTOGRAM_BYTES) >>> 2
    const histogram = { unsigned: memory.views.u32, signed: memory.views.i32, at }
    const featureBins = bins[feature]
    const gainToBeat = best?.gain ?? settings.minGain
    const found =
      featureBins.kind === 'number'
        ? findNumberSplit(search, feature, featureBins, histogram, gainToBeat)
        : findCategorySplit(search, feature, featureBins, histogram, gainToBeat)
    best = found ?? best
  }
  return best
}

/** Whether one of the two has rows enough to be split again; if not, no histogram is needed. */
function canSplitChildren(leaf: Leaf, split: Split, settings: GbdtSettings): boolean {
  const largerShare = Math.max(split.left.hessian, split.right.hessian) / leaf.sums.hessian
  return largerShare * leaf.rowCount >= 2 * settings.minLeafRows
}

function moveRows(
  { memory, team, bins }: Grower,
  split: Split,
  leaf: number,
  newLeaf: number,
  smaller: number,
  histogram: number,
  parentHistogram: number,
): void {
  const { views, form } = memory
  const table = views.u8.subarray(map.SPLIT_TABLE, map.SPLIT_TABLE + 256)
  writeSplitTable(table, split.rule, missingBinOf(bins[split.feature]), split.isMissingLeft)
  views.u32[map.LEAF >> 2] = leaf
  views.u32[map.NEW_LEAF >> 2] = newLeaf
  views.u32[map.FEATURE >> 2] = form.binsOffset + split.feature
  views.i32[map.HISTOGRAM_LEAF >> 2] = smaller
  views.u32[map.HISTOGRAM >> 2] = histogram
  team.run(map.TASK_SPLIT)
  if (smaller >= 0) team.mergeHistograms(parentHistogram)
}

/**
 * The value of a leaf, learning rate included. A step of log-odds is bounded: where labels are rare the curvature p (1 − p) is close to 0 at
 * the start, and a Newton step of 75 logits would saturate the score for good.
 *
 * @see XGBoost's max_delta_step, https://xgboost.readthedocs.io/en/stable/tutorials/param_tuning.html
 */
function toLeafValue({ sums, isCategorySide }: Leaf, units: Units, { settings, objective }: Grower): number {
  const value = leafValue(sums.gradient * units.gradient, sums.hessian * units.hessian, settings.l1, leafL2(settings, isCategorySide))
  const limit = objective === 'binary' ? settings.maxLeafLogit : Number.POSITIVE_INFINITY
  return Math.fround(settings.learningRate * Math.min(Math.max(value, -limit), limit)) + 0 // a zero without sign: JSON keeps no −0
}
