import type { ClassCounts, ColumnProfile } from './column-profile.ts'
import { toPercent } from './notes.ts'

/** Fewest rows of the rarer class for a verdict. */
const rarerAtLeast = 10
const aucAtLeast = 0.99
/** A leak leaves at most this share of the mistakes of guessing the commoner class. */
const errorRatioAtMost = 0.05

/**
 * Why a column may hold the answer, or undefined: its values, its order, or its being there tells the label almost always.
 *
 * @example findLeak(column) // 'tells the label by its values alone in 99.8 % of the rows'
 */
export function findLeak(column: ColumnProfile): string | undefined {
  const { presentCounts, missingCounts, values, sample, numberCount, numericTextCount } = column
  const presence = toPurity([presentCounts, missingCounts])
  if (isLeak(presence)) return `tells the label by being there or not, in ${toPercent(presence.right, presence.total)} of the rows`
  if (numberCount + numericTextCount > 0 && sample.length > 0) {
    const auc = toAuc(sample)
    const isAlmostSure = Math.max(auc, 1 - auc) >= aucAtLeast && countRarer(sample) >= rarerAtLeast
    if (isAlmostSure) return `tells the label almost always by its size alone (AUC ${Math.max(auc, 1 - auc).toFixed(4)})`
  }
  if (values === undefined || presentCounts[0] + presentCounts[1] < 5 * values.size) return undefined
  const purity = toPurity([...values.values()])
  return isLeak(purity) ? `tells the label by its values alone in ${toPercent(purity.right, purity.total)} of the rows` : undefined
}

/** Rows that the commoner class of each group names rightly. */
function toPurity(groups: readonly ClassCounts[]) {
  const sum = (read: (counts: ClassCounts) => number) => groups.reduce((total, counts) => total + read(counts), 0)
  const negatives = sum(counts => counts[0])
  const positives = sum(counts => counts[1])
  return { right: sum(counts => Math.max(...counts)), total: negatives + positives, rarer: Math.min(negatives, positives) }
}

function isLeak({ right, total, rarer }: { readonly right: number; readonly total: number; readonly rarer: number }): boolean {
  return rarer >= rarerAtLeast && total - right <= errorRatioAtMost * rarer
}

function countRarer(sample: ColumnProfile['sample']): number {
  const positives = sample.filter(({ labelClass }) => labelClass === 1).length
  return Math.min(positives, sample.length - positives)
}

/** The chance that a positive's number is above a negative's, ties a half (Mann and Whitney). */
function toAuc(sample: ColumnProfile['sample']): number {
  const sorted = [...sample].sort((a, b) => a.value - b.value)
  let rankSum = 0
  let positives = 0
  for (let from = 0; from < sorted.length; ) {
    let to = from
    while (to < sorted.length && sorted[to].value === sorted[from].value) to++
    for (let at = from; at < to; at++) {
      if (sorted[at].labelClass === 0) continue
      positives++
      rankSum += (from + to + 1) / 2
    }
    from = to
  }
  const negatives = sorted.length - positives
  return positives === 0 || negatives === 0 ? 0.5 : (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}
