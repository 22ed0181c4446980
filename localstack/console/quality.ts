import { everyModel, noModel, type Tally } from '#functions/evaluate/evaluate.ts'
import { type CountedQuality, emptyCounters, mergeCounters, toQuality } from '#models/measure/counters.ts'

/** The live quality of one model: never without its label coverage. */
export interface ModelQuality extends CountedQuality {
  readonly model: string
  readonly predicted: number
  /** Share of its predictions whose label has come. */
  readonly coverage: number | null
}

/** Adds the tallies of all partitions up, one entry a model; predictions made without a model come under `none`. */
export function toModelQuality(tallies: readonly Tally[]): ModelQuality[] {
  return [...Map.groupBy(ofModels(tallies), tally => tally.model)]
    .map(([model, group]) => addUp(model, group))
    .sort((a, b) => Number(a.model !== noModel) - Number(b.model !== noModel) || a.model.localeCompare(b.model))
}

/** The quality of all that was scored, whichever model was champion. */
export function toLiveQuality(tallies: readonly Tally[]): ModelQuality {
  return addUp(
    'champions',
    ofModels(tallies).filter(tally => tally.model !== noModel),
  )
}

function ofModels(tallies: readonly Tally[]): Tally[] {
  return tallies.filter(tally => tally.model !== everyModel)
}

function addUp(model: string, tallies: readonly Tally[]): ModelQuality {
  const quality = toQuality(tallies.map(tally => tally.quality).reduce(mergeCounters, emptyCounters()))
  const predicted = sum(tallies.map(tally => tally.predicted))
  const labelled = quality.labelled + sum(tallies.map(tally => tally.unscored))
  return { model, predicted, ...quality, labelled, coverage: predicted === 0 ? null : labelled / predicted }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
