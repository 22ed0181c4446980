import { blockDeviation } from '../measure/block-deviation.ts'
import { studentQuantile } from '../measure/student.ts'

/** By how much the loss rose on each row of a segment, in time order. */
export interface SegmentRises {
  readonly name: string
  readonly rises: Float64Array
}

/** The segment that is furthest above the limit, in its own standard errors. */
export interface WorstSegment {
  readonly name: string
  /** In mean loss. */
  readonly rise: number
  readonly isBeyondChance: boolean
}

/** Chance that some segment is found beyond chance where none has risen above the limit. */
const alpha = 0.05
/** Blocks of a segment's rows that its own error is told by. */
const blockCount = 10
/** Blocks as long as a spell of weather may be: too few in one segment to tell its error, enough in all of them to tell how rows hang together. */
const longBlockCount = 4

/**
 * Finds the segment that has risen furthest above a limit, and whether that is more than the worst of so many would show by chance (Bonferroni).
 * Each has `blockCount` rows at least. Undefined without segments.
 *
 * All is counted in standard errors of the segment's mean rise, the larger of two. The first is that of its own block bootstrap. The second is
 * its rows' deviation, widened as much as long blocks widen it over all segments together. Rows that happen to be alike, such as 100 without one
 * yes, count in it as straying like those of all segments, since a rare yes could turn their mean. Where no row strays anywhere, any rise above the
 * limit is beyond chance.
 *
 * The error is known by few blocks, so its quantile is Student's: three degrees of freedom for the long blocks of one segment, one more for each
 * further one (they share their weather), nine at most. The test simulates what that holds for; what deceives it is a rare, large gain that a lone
 * segment has not shown.
 *
 * @see Künsch, The jackknife and the bootstrap for general stationary observations (Annals of Statistics, 1989): short blocks see too little of what hangs together, long ones are few
 * @example findWorstSegment([{ name: 'EWR', rises }, { name: 'JFK', rises: others }], 0.02) // { name: 'EWR', rise: 0.061, isBeyondChance: true }
 */
export function findWorstSegment(segments: readonly SegmentRises[], limit: number): WorstSegment | undefined {
  const measured = segments.map(({ name, rises }) => {
    const rise = meanOf(rises)
    const rowVariance = meanOf(rises.map(value => (value - rise) ** 2))
    return { name, rise, rises, rowVariance, count: rises.length }
  })
  const rowCount = measured.reduce((sum, { count }) => sum + count, 0)
  const ofAllRows = measured.reduce((sum, { rowVariance, count }) => sum + (rowVariance * count) / rowCount, 0)
  const ofLongBlocks = measured.reduce((sum, { rises, count }) => sum + (longRunVariance(rises, longBlockCount) * count) / rowCount, 0)
  const widening = Math.max(1, ofLongBlocks / ofAllRows || 1) // 0 / 0 where no row strays
  const risen = measured.map(({ name, rise, rises, rowVariance, count }) => {
    const variance = Math.max(longRunVariance(rises, blockCount), Math.max(rowVariance, ofAllRows) * widening)
    const excess = rise - limit
    return { name, rise, errors: excess === 0 ? 0 : excess / Math.sqrt(variance / count) }
  })
  const [worst] = risen.sort((a, b) => b.errors - a.errors)
  if (!worst) return undefined
  const degrees = Math.min(blockCount - 1, longBlockCount - 2 + segments.length)
  return { name: worst.name, rise: worst.rise, isBeyondChance: worst.errors > studentQuantile(1 - alpha / segments.length, degrees) }
}

/** What a row adds to the variance of the sum, its neighbours' share included. */
function longRunVariance(values: Float64Array, blocks: number): number {
  return blockDeviation(values, blocks) ** 2 * values.length
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
