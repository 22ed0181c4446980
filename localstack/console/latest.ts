import { type BinaryQuality, measureBinary } from '#models/task/yes-no/quality.ts'
import { isScoredByBoth, type Outcomes, toEventOrder } from './outcomes.ts'

/**
 * The quality of the last `count` scored events by their own time, whichever model scored them; null where there are none.
 *
 * @example measureLatest(outcomes, 50_000, 0.5)?.auc // 0.741
 */
export function measureLatest(
  outcomes: Pick<Outcomes, 'atMs' | 'scores' | 'targets'>,
  count: number,
  positiveAtLeast: number,
): BinaryQuality | null {
  const { scores, targets } = outcomes
  const latest = toEventOrder(outcomes)
    .filter(row => !Number.isNaN(scores[row]))
    .slice(-count)
  return measureRows(latest, { scores, targets, positiveAtLeast })
}

/** Champion and layer on the same rows. */
export interface LayerQuality {
  readonly champion: BinaryQuality
  readonly layer: BinaryQuality
}

/** Both over the rows that both scored; null where there are none. */
export function measureLayer(outcomes: Pick<Outcomes, 'scores' | 'layerScores' | 'targets'>, positiveAtLeast: number): LayerQuality | null {
  const { scores, layerScores, targets } = outcomes
  const rows = Uint32Array.from(targets.keys()).filter(row => isScoredByBoth(outcomes, row))
  const champion = measureRows(rows, { scores, targets, positiveAtLeast })
  const layer = measureRows(rows, { scores: layerScores, targets, positiveAtLeast })
  return champion && layer && { champion, layer }
}

function measureRows(
  rows: Uint32Array,
  of: { readonly scores: readonly number[]; readonly targets: readonly number[]; readonly positiveAtLeast: number },
): BinaryQuality | null {
  if (rows.length === 0) return null
  const pick = (values: readonly number[]) => Float64Array.from(rows, row => values[row])
  return measureBinary(pick(of.scores), pick(of.targets), of.positiveAtLeast)
}
