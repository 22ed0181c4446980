import { lossOf } from '#models/task/yes-no.ts'
import { isScoredByBoth, type Outcomes } from './outcomes.ts'

/** Losses are means over this many changed rows in a row: a single row tells nothing. */
export const recoveryRows = 1_000
/** Back is within this much of the loss before the change. */
export const backWithinRatio = 0.1

/**
 * How soon the layer had the new meaning. Counts are labels of changed events that lay in topic feedback when the last of the 1,000 rows was
 * scored: all that the layer can have learnt of the change.
 */
export interface Recovery {
  /** The layer's mean loss over the blocks before the change; null where it scored none. */
  readonly lossBefore: number | null
  /** From which label on its mean loss was within 10 % of that; null: never. */
  readonly backAfterLabels: number | null
  /** From which label on, the first at the soonest, its mean loss stayed below the champion's up to the next informed one; null: it did not. */
  readonly belowChampionAfterLabels: number | null
  /** Models that scored no event before the change, in the order in which they came, up to the first that is informed. */
  readonly newChampions: readonly NewChampion[]
}

/** A champion that came after the change. */
export interface NewChampion {
  readonly version: string
  /** How many labels there were when it scored its first event. */
  readonly afterLabels: number
  /** Whether its training reaches past the first 1,000 changed rows; else it is one of before that came late. */
  readonly isInformed: boolean
}

/**
 * How many labels the layer needed after a change.
 *
 * `before` is its loss before, `changed` the changed rows in event order, `known` the models that scored before, `informed` those that were
 * trained on changed rows.
 */
export function measureRecovery(
  outcomes: Outcomes,
  options: {
    readonly before: number | null
    readonly changed: Uint32Array
    readonly known: ReadonlySet<string>
    readonly informed: ReadonlySet<string>
  },
): Recovery {
  const { before, changed, known, informed } = options
  const { scoredAtMs, joinedAtMs, targets, scores, layerScores, models } = outcomes
  const joined = Float64Array.from(changed, row => joinedAtMs[row]).sort()
  const labelsAt = (row: number) => countUpTo(joined, scoredAtMs[row])

  const newChampions: NewChampion[] = []
  const seen = new Set(known)
  let championSum = 0
  let layerSum = 0
  let backAfterLabels: number | null = null
  let belowChampionAfterLabels: number | null = null
  const window: { readonly champion: number; readonly layer: number }[] = []
  for (const row of changed) {
    const model = models[row]
    if (model !== null && !seen.has(model) && !hasInformed(newChampions)) {
      newChampions.push({ version: model, afterLabels: labelsAt(row), isInformed: informed.has(model) })
      seen.add(model)
    }
    if (!isScoredByBoth(outcomes, row)) continue
    const losses = { champion: lossOf(scores[row], targets[row]), layer: lossOf(layerScores[row], targets[row]) }
    window.push(losses)
    const oldest = window.length > recoveryRows ? window[window.length - 1 - recoveryRows] : { champion: 0, layer: 0 }
    championSum += losses.champion - oldest.champion
    layerSum += losses.layer - oldest.layer
    if (window.length < recoveryRows) continue
    const isBack = before !== null && layerSum / recoveryRows <= before * (1 + backWithinRatio)
    if (isBack) backAfterLabels ??= labelsAt(row)
    if (hasInformed(newChampions)) continue
    const labels: number = layerSum < championSum ? (belowChampionAfterLabels ?? labelsAt(row)) : 0
    belowChampionAfterLabels = labels > 0 ? labels : null // without any label of the change it is chance
  }
  return { lossBefore: before, backAfterLabels, belowChampionAfterLabels, newChampions }
}

const hasInformed = (champions: readonly NewChampion[]) => champions.at(-1)?.isInformed === true

/** How many of the sorted times are not after this one. */
function countUpTo(sorted: Float64Array, atMs: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] <= atMs) low = middle + 1
    else high = middle
  }
  return low
}
