import type { FeatureBlock, FeatureSpec } from '../training-set.ts'
import type { FeatureBins } from './bins.ts'

const sampleRowLimit = 200_000

/**
 * Finds the bins of every feature: quantiles of numbers, the most frequent categories.
 *
 * `binCount` includes the bin for missing values. Numbers are judged by at most 200,000 rows, evenly spaced in time.
 */
export function findBins(features: readonly FeatureSpec[], block: FeatureBlock, binCount: number): FeatureBins[] {
  return features.map(({ kind }, feature) =>
    kind === 'number'
      ? { kind, edges: toEdges(sortedSample(block, feature), binCount - 1) }
      : { kind, codes: toFrequentCodes(block, feature, binCount - 2) },
  )
}

/** The present values of a feature in evenly spaced rows, ascending. */
function sortedSample({ values, rowCount, featureCount }: FeatureBlock, feature: number): Float32Array {
  const sampleRowCount = Math.min(rowCount, sampleRowLimit)
  const sample = new Float32Array(sampleRowCount)
  let count = 0
  for (let i = 0; i < sampleRowCount; i++) {
    const value = values[Math.floor((i * rowCount) / sampleRowCount) * featureCount + feature]
    if (!Number.isNaN(value)) sample[count++] = value
  }
  return sample.subarray(0, count).sort()
}

/**
 * Upper edges of bins of about equal row counts over ascending values; a value more frequent than a bin's share gets a bin of its own.
 *
 * @see LightGBM, src/io/bin.cpp, GreedyFindBin
 * @example toEdges(Float32Array.of(1, 1, 2, 4), 3) // [1.5, 3]
 */
export function toEdges(sorted: Float32Array, binCount: number): number[] {
  const runs = toRuns(sorted)
  if (runs.length <= binCount) return runs.slice(1).map((run, i) => edgeBetween(runs[i].value, run.value))
  const isFrequent = (run: Run) => run.count * binCount >= sorted.length
  const frequentRuns = runs.filter(isFrequent)
  let rowsLeft = sorted.length - frequentRuns.reduce((sum, run) => sum + run.count, 0)
  let binsLeft = binCount - frequentRuns.length
  let share = rowsLeft / binsLeft
  const edges: number[] = []
  let rows = 0
  for (let i = 0; i + 1 < runs.length && edges.length < binCount - 1; i++) {
    const isAlone = isFrequent(runs[i])
    rows += runs[i].count
    if (!isAlone) rowsLeft -= runs[i].count
    const isNextFrequent = isFrequent(runs[i + 1])
    if (!(isAlone || rows >= share || (isNextFrequent && rows >= share / 2))) continue
    edges.push(edgeBetween(runs[i].value, runs[i + 1].value))
    rows = 0
    if (isAlone) continue
    binsLeft--
    share = rowsLeft / binsLeft
  }
  return edges
}

interface Run {
  readonly value: number
  readonly count: number
}

/** Distinct values with their counts. */
function toRuns(sorted: Float32Array): Run[] {
  const runs: Run[] = []
  for (let begin = 0; begin < sorted.length; ) {
    let end = begin + 1
    while (end < sorted.length && sorted[end] === sorted[begin]) end++
    runs.push({ value: sorted[begin], count: end - begin })
    begin = end
  }
  return runs
}

/** A float32 `edge` with `low <= edge < high`: the middle, unless rounding or an infinity moves it out. */
function edgeBetween(low: number, high: number): number {
  const middle = Math.fround(low + (high - low) / 2)
  return middle >= low && middle < high ? middle : low
}

/** The most frequent category codes, at most `limit`; of two equally frequent ones the lower code comes first. */
function toFrequentCodes({ values, rowCount, featureCount }: FeatureBlock, feature: number, limit: number): number[] {
  const counts = new Map<number, number>()
  for (let row = 0; row < rowCount; row++) {
    const code = values[row * featureCount + feature]
    if (!Number.isNaN(code)) counts.set(code, (counts.get(code) ?? 0) + 1)
  }
  return [...counts]
    .sort(([codeA, countA], [codeB, countB]) => countB - countA || codeA - codeB)
    .slice(0, limit)
    .map(([code]) => code)
}
