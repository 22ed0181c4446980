import { sortFloats } from '../sort-floats.ts'
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
  const present = sample.subarray(0, count)
  sortFloats(present)
  return present
}

/**
 * Upper edges of bins of about equal row counts over ascending values; a value more frequent than a bin's share gets a bin of its own.
 *
 * @see LightGBM, src/io/bin.cpp, GreedyFindBin
 * @example toEdges(Float32Array.of(1, 1, 2, 4), 3) // [1.5, 3]
 */
export function toEdges(sorted: Float32Array, binCount: number): number[] {
  const { values, counts } = toRuns(sorted)
  if (values.length <= binCount) return Array.from(values.subarray(1), (value, i) => edgeBetween(values[i], value))
  const isFrequent = (run: number) => counts[run] * binCount >= sorted.length
  let rowsLeft = sorted.length
  let binsLeft = binCount
  for (let run = 0; run < values.length; run++) {
    if (!isFrequent(run)) continue
    rowsLeft -= counts[run]
    binsLeft--
  }
  let share = rowsLeft / binsLeft
  const edges: number[] = []
  let rows = 0
  for (let run = 0; run + 1 < values.length && edges.length < binCount - 1; run++) {
    const isAlone = isFrequent(run)
    rows += counts[run]
    if (!isAlone) rowsLeft -= counts[run]
    if (!(isAlone || rows >= share || (isFrequent(run + 1) && rows >= share / 2))) continue
    edges.push(edgeBetween(values[run], values[run + 1]))
    rows = 0
    if (isAlone) continue
    binsLeft--
    share = rowsLeft / binsLeft
  }
  return edges
}

/** Distinct values, ascending, with their counts. */
function toRuns(sorted: Float32Array): { readonly values: Float32Array; readonly counts: Uint32Array } {
  const values = new Float32Array(sorted.length)
  const counts = new Uint32Array(sorted.length)
  let count = 0
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) values[count++] = sorted[i]
    counts[count - 1]++
  }
  return { values: values.subarray(0, count), counts: counts.subarray(0, count) }
}

const lowestFinite = -(2 - 2 ** -23) * 2 ** 127

/**
 * A finite float32 `edge` with `low <= edge < high`: the middle, unless rounding or an infinity moves it out. Between minus infinity and the
 * lowest float32 there is none: they share a bin.
 */
function edgeBetween(low: number, high: number): number {
  const middle = Math.fround(low + (high - low) / 2)
  return middle >= low && middle < high && middle > lowestFinite ? middle : Math.max(low, lowestFinite)
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
