import { isServing, type TallyArm, tallyName } from '#functions/counters/names.ts'
import type { Tally } from '#functions/counters/tallies.ts'
import { type CountedQuality, emptyCounters, mergeCounters, toQuality } from '#models/task/yes-no/counters.ts'

/** The live quality of one model in one arm: never without its label coverage. */
export interface ModelQuality extends CountedQuality {
  /** Null: the rows that no model scored. */
  readonly model: string | null
  readonly arm: TallyArm
  readonly predicted: number
  /** Share of its predictions whose label has come. */
  readonly coverage: number | null
}

/** The live quality of all whose scores counted. */
export type LiveQuality = Omit<ModelQuality, 'arm'>

/** Adds the tallies of all partitions up, one entry a model and arm, predictions made without a model first. */
export function toModelQuality(tallies: readonly Tally[]): ModelQuality[] {
  return [...Map.groupBy(tallies, ({ model, arm }) => tallyName(model, arm)).values()]
    .map(group => ({ ...addUp(group[0].model, group), arm: group[0].arm }))
    .sort((a, b) => compare(a.model ?? '', b.model ?? '') || compare(a.arm, b.arm))
}

/** The quality of all scores that counted, whichever model gave them; those of shadows and of the layer are counted apart. */
export function toLiveQuality(tallies: readonly Tally[]): LiveQuality {
  return addUp(
    'champions',
    tallies.filter(({ model, arm }) => model !== null && isServing(arm)),
  )
}

function addUp(model: string | null, tallies: readonly Tally[]): LiveQuality {
  const quality = toQuality(tallies.map(tally => tally.quality).reduce(mergeCounters, emptyCounters()))
  const predicted = sum(tallies.map(tally => tally.predicted))
  const labelled = quality.labelled + sum(tallies.map(tally => tally.unscored))
  return { model, predicted, ...quality, labelled, coverage: predicted === 0 ? null : labelled / predicted }
}

const compare = (a: string, b: string) => a.localeCompare(b)

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
