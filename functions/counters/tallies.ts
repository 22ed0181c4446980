import {
  addLabel,
  countRows,
  emptyCounters,
  type LabelledRow,
  type LabelsSoFar,
  type QualityCounters,
} from '#models/task/yes-no/counters.ts'
import type { CounterItem } from '../ports.ts'
import { type TallyArm, tallyName } from './names.ts'
import type { CountedRow } from './rows.ts'

/** What has been counted of one partition for one model and arm. */
export interface Tally {
  /** Null: the rows that no model scored. */
  readonly model: string | null
  readonly arm: TallyArm
  readonly predicted: number
  /** Feedback whose prediction had no score. */
  readonly unscored: number
  readonly quality: QualityCounters
}

/** A model's score of a row; null for a row without one. */
interface ScoredRow extends CountedRow, Pick<Tally, 'model' | 'arm'> {
  readonly score: number | null
}

export const parseTally = ({ json }: CounterItem) => JSON.parse(json) as Tally

/** The names of the tallies that a row counts in. */
export function tallyNames(row: CountedRow): string[] {
  return toScoredRows(row).map(nameOf)
}

/** The tallies with these rows added, by name, and the labels so far; those that none of the rows is in are left out. */
export function addToTallies(
  stored: ReadonlyMap<string, CounterItem>,
  rows: readonly CountedRow[],
  before: LabelsSoFar,
  positiveAtLeast: number,
): { readonly tallies: ReadonlyMap<string, Tally>; readonly labels: LabelsSoFar } {
  let labels = before
  const scored = rows.flatMap(row => {
    const known = labels
    if (row.target !== undefined) labels = addLabel(labels, row.target)
    return toScoredRows(row).map(own => ({ ...own, before: known }))
  })
  const tallies = [...Map.groupBy(scored, nameOf)].map(([name, group]) => {
    const item = stored.get(name)
    return [name, addRows(item ? parseTally(item) : emptyTally(group[0]), group, positiveAtLeast)] as const
  })
  return { tallies: new Map(tallies), labels }
}

const nameOf = ({ model, arm }: ScoredRow) => tallyName(model, arm)

/** One for the score that counted, one for each that was kept beside it, one for the layer's over it. */
function toScoredRows(row: CountedRow): ScoredRow[] {
  const { model, arm, score, shadows, layer } = row.prediction
  const own: ScoredRow = { ...row, model, arm, score }
  const beside = shadows.map((shadow): ScoredRow => ({ ...row, ...shadow, arm: 'shadow' }))
  return layer && model !== null ? [own, ...beside, { ...own, arm: 'layer', score: layer.score }] : [own, ...beside]
}

function emptyTally({ model, arm }: ScoredRow): Tally {
  return { model, arm, predicted: 0, unscored: 0, quality: emptyCounters() }
}

function addRows(tally: Tally, rows: readonly (ScoredRow & { readonly before: LabelsSoFar })[], positiveAtLeast: number): Tally {
  const labelled = rows.filter(row => row.target !== undefined)
  const scored = labelled.flatMap(({ score, target, before }): LabelledRow[] => {
    return score === null ? [] : [{ score, target: target as 0 | 1, before }]
  })
  return {
    ...tally,
    predicted: tally.predicted + rows.length - labelled.length,
    unscored: tally.unscored + labelled.length - scored.length,
    quality: countRows(tally.quality, scored, positiveAtLeast),
  }
}
