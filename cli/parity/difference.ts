import type { FeatureValue, Pipeline } from '#models/pipeline-compiler.ts'

/** A row on which a feature differs. */
export interface Example {
  readonly id: string
  readonly partition: number
  readonly offset: number
  readonly atMs: number
  readonly logged: FeatureValue
  readonly recomputed: FeatureValue
  readonly isExplained: boolean
}

/** How one feature as it was logged differs from the one that was made again. */
export interface FeatureDifference {
  readonly name: string
  readonly rows: number
  /** The same to the bit. */
  readonly equal: number
  /** Two numbers, no further apart than the tolerance. */
  readonly withinTolerance: number
  /** The value hangs on records that may not have been there when the prediction was made. */
  readonly notThereYet: number
  readonly unexplained: number
  /** |logged − recomputed| over the rows that differ and have both as numbers; null where there are none. */
  readonly meanGap: number | null
  readonly maxGap: number | null
  /** The first rows without an explanation, then the first with one. */
  readonly examples: readonly Example[]
}

/** A row as it was logged. */
export interface LoggedRow {
  readonly id: string
  readonly partition: number
  readonly offset: number
  readonly atMs: number
  readonly features: readonly FeatureValue[]
}

const examplesAtMost = 3

/** Gathers the difference of all features, row by row. */
export function makeDifference(features: Pipeline['features'], tolerance: number) {
  const tallies = features.map(({ name }) => makeTally(name, tolerance))
  let rows = 0
  let equalRows = 0
  let unexplainedRows = 0
  return {
    /** Gives the places of the features that nothing explains; `doubtful` is asked for only where the row differs. */
    add(logged: LoggedRow, recomputed: readonly FeatureValue[], doubtful: () => ReadonlySet<number>): readonly number[] {
      rows++
      const differing = tallies.flatMap((_, at) => (logged.features[at] === recomputed[at] ? [] : [at]))
      if (differing.length === 0) {
        equalRows++
        return []
      }
      const explained = doubtful()
      const { features: values, ...place } = logged
      const unexplained = differing.filter(at => {
        const example = { ...place, logged: values[at], recomputed: recomputed[at], isExplained: explained.has(at) }
        return tallies[at].add(example) === 'unexplained'
      })
      if (unexplained.length > 0) unexplainedRows++
      return unexplained
    },
    read: () => ({ rows, equalRows, unexplainedRows, features: tallies.map(tally => tally.read(rows)) }),
  }
}

type Kind = 'withinTolerance' | 'notThereYet' | 'unexplained'

function makeTally(name: string, tolerance: number) {
  const counts: Record<Kind, number> = { withinTolerance: 0, notThereYet: 0, unexplained: 0 }
  const examples: Example[][] = [[], []]
  let gapCount = 0
  let gapSum = 0
  let maxGap = 0
  return {
    add(example: Example): Kind {
      const gap = toGap(example)
      if (gap !== null) {
        gapCount++
        gapSum += gap
        maxGap = Math.max(maxGap, gap)
      }
      const kind = gap !== null && gap <= tolerance ? 'withinTolerance' : example.isExplained ? 'notThereYet' : 'unexplained'
      counts[kind]++
      const list = examples[Number(example.isExplained)]
      if (kind !== 'withinTolerance' && list.length < examplesAtMost) list.push(example)
      return kind
    },
    read(rows: number): FeatureDifference {
      const { withinTolerance, notThereYet, unexplained } = counts
      const gaps = { meanGap: gapCount === 0 ? null : gapSum / gapCount, maxGap: gapCount === 0 ? null : maxGap }
      return { name, rows, equal: rows - withinTolerance - notThereYet - unexplained, ...counts, ...gaps, examples: examples.flat() }
    },
  }
}

function toGap({ logged, recomputed }: Example): number | null {
  return typeof logged === 'number' && typeof recomputed === 'number' ? Math.abs(logged - recomputed) : null
}
