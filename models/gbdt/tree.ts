/** Which bins go left: those up to one bin of a number, or a set of category bins. Missing values have a side of their own. */
export type SplitRule = { readonly kind: 'number'; readonly bin: number } | { readonly kind: 'category'; readonly bins: readonly number[] }

/** An inner node. A child of 0 or more is a node; a negative child is the leaf `~child`. */
export interface SplitNode {
  readonly feature: number
  readonly rule: SplitRule
  readonly isMissingLeft: boolean
  readonly left: number
  readonly right: number
  /** Loss taken away by this split, by its quadratic approximation. */
  readonly gain: number
}

/** A tree in the order in which it grew: node 0 is the root, splitting a leaf keeps its number on the left and opens a new one on the right. */
export interface Tree {
  readonly nodes: readonly SplitNode[]
  /** Float32 numbers, learning rate included. */
  readonly leafValues: readonly number[]
  readonly leafRowCounts: readonly number[]
}

/** Sets `table[bin]` to 1 where the bin goes left. */
export function writeSplitTable(table: Uint8Array, rule: SplitRule, missingBin: number, isMissingLeft: boolean): void {
  if (rule.kind === 'number') table.fill(1, 0, rule.bin + 1).fill(0, rule.bin + 1)
  else {
    table.fill(0)
    for (const bin of rule.bins) table[bin] = 1
  }
  table[missingBin] = Number(isMissingLeft)
}
