import type { Tally } from '#functions/counters/tallies.ts'
import type { Prediction } from '#functions/records.ts'
import { countRows, emptyCounters, type LabelledRow, mergeCounters, noLabels, type QualityCounters } from '#models/task/yes-no/counters.ts'
import { placeOf } from './outcomes.ts'

/** What is compared of a model's counters: all that does not hang on the order of the labels. */
export interface ModelCount {
  readonly predicted: number
  readonly unscored: number
  readonly quality: QualityCounters
}

/** A pair of the archive, in the order of the topic. */
export interface ArchivedFeedback {
  readonly prediction: Pick<Prediction, 'id' | 'model' | 'arm' | 'score' | 'layer'>
  readonly target: 0 | 1
  /** The label's place in topic labels. */
  readonly labelPlace: string
}

const none: ModelCount = { predicted: 0, unscored: 0, quality: emptyCounters() }
const nameOf = ({ model, arm }: Pick<Tally, 'model' | 'arm'>) => (model === null ? 'no model' : `${arm} ${model}`) // no version has a space

/** The score that counted, and the layer's over it. */
function toScores({ model, arm, score, layer }: Pick<Prediction, 'model' | 'arm' | 'score' | 'layer'>) {
  const own = { name: nameOf({ model, arm }), score }
  return layer && model !== null ? [own, { name: nameOf({ model, arm: 'layer' }), score: layer.score }] : [own]
}

/** The counters that follow from the archive: each event's first prediction, and each label's first pair. */
export function recount(
  predictions: Iterable<Pick<Prediction, 'model' | 'arm' | 'score' | 'source' | 'layer'>>,
  feedback: Iterable<ArchivedFeedback>,
  positiveAtLeast: number,
): Map<string, ModelCount> {
  const counts = new Map<string, ModelCount>()
  const seen = new Set<string>()
  for (const prediction of predictions) {
    const place = placeOf(prediction.source)
    if (seen.has(place)) continue
    seen.add(place)
    for (const { name } of toScores(prediction)) {
      const count = counts.get(name) ?? none
      counts.set(name, { ...count, predicted: count.predicted + 1 })
    }
  }
  const rows = new Map<string, LabelledRow[]>()
  for (const { prediction, target, labelPlace } of feedback) {
    if (seen.has(labelPlace)) continue
    seen.add(labelPlace)
    for (const { name, score } of toScores(prediction)) {
      const count = counts.get(name) ?? none
      if (score === null) counts.set(name, { ...count, unscored: count.unscored + 1 })
      else if (rows.has(name)) rows.get(name)!.push({ score, target, before: noLabels })
      else rows.set(name, [{ score, target, before: noLabels }])
    }
  }
  for (const [name, scored] of rows) {
    const count = counts.get(name) ?? none
    counts.set(name, { ...count, quality: countRows(count.quality, scored, positiveAtLeast) })
  }
  return counts
}

/** The counters of the table, over all partitions. */
export function sumTallies(tallies: readonly Tally[]): Map<string, ModelCount> {
  const counts = new Map<string, ModelCount>()
  for (const { model, arm, predicted, unscored, quality } of tallies) {
    const name = nameOf({ model, arm })
    const count = counts.get(name) ?? none
    counts.set(name, {
      predicted: count.predicted + predicted,
      unscored: count.unscored + unscored,
      quality: mergeCounters(count.quality, quality),
    })
  }
  return counts
}

/** Loss sums are added up in another order. */
const lossTolerance = 1e-9

/** Where two counts differ, in words; nothing where they are equal. */
export function compareCounts(counted: ReadonlyMap<string, ModelCount>, archived: ReadonlyMap<string, ModelCount>): string[] {
  const differences: string[] = []
  for (const name of new Set([...counted.keys(), ...archived.keys()])) {
    const mine = toNumbers(counted.get(name) ?? none)
    const theirs = toNumbers(archived.get(name) ?? none)
    for (const [number, value] of Object.entries(mine)) {
      const other = theirs[number]
      const tolerance = number === 'lossSum' ? lossTolerance * Math.max(1, Math.abs(other)) : 0
      if (Math.abs(value - other) > tolerance) differences.push(`${name}: ${number} is ${value} in the table, ${other} by the archive`)
    }
  }
  return differences
}

function toNumbers({ predicted, unscored, quality }: ModelCount): Record<string, number> {
  const { truePositives, falsePositives, trueNegatives, falseNegatives, lossSum, positiveBins, negativeBins } = quality
  return {
    predicted,
    unscored,
    truePositives,
    falsePositives,
    trueNegatives,
    falseNegatives,
    lossSum,
    ...Object.fromEntries(positiveBins.map((count, bin) => [`positives of bin ${bin}`, count])),
    ...Object.fromEntries(negativeBins.map((count, bin) => [`negatives of bin ${bin}`, count])),
  }
}
