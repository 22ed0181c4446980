import type { Feedback } from '#functions/records.ts'

/** Events with their truth, column by column, in the order in which the labels came; NaN stands for a score that is not there. */
export interface Outcomes {
  /** The event's own time. */
  readonly atMs: number[]
  readonly scoredAtMs: number[]
  /** When it lay in topic feedback, by the broker's clock: from then on it can be learnt. */
  readonly joinedAtMs: number[]
  readonly targets: number[]
  readonly scores: number[]
  readonly layerScores: number[]
  readonly models: (string | null)[]
}

export function noOutcomes(): Outcomes {
  return { atMs: [], scoredAtMs: [], joinedAtMs: [], targets: [], scores: [], layerScores: [], models: [] }
}

/** Adds one to the columns. */
export function addOutcome(outcomes: Outcomes, feedback: Feedback, joinedAtMs: number): void {
  const { atMs, scoredAtMs, target, score, model, layer } = feedback
  outcomes.atMs.push(atMs)
  outcomes.scoredAtMs.push(scoredAtMs)
  outcomes.joinedAtMs.push(joinedAtMs)
  outcomes.targets.push(target)
  outcomes.scores.push(score ?? Number.NaN)
  outcomes.layerScores.push(layer?.score ?? Number.NaN)
  const latest = outcomes.models.at(-1)
  outcomes.models.push(model === latest ? latest : model) // one text for all rows of a model, not one a row
}

/** The rows by their events' time; those of one time as their labels came. */
export function toEventOrder({ atMs }: Pick<Outcomes, 'atMs'>): Uint32Array {
  return Uint32Array.from(atMs, (_, row) => row).sort((a, b) => atMs[a] - atMs[b] || a - b)
}

/** Whether both the champion and the layer scored it. */
export function isScoredByBoth({ scores, layerScores }: Pick<Outcomes, 'scores' | 'layerScores'>, row: number): boolean {
  return !Number.isNaN(scores[row]) && !Number.isNaN(layerScores[row])
}
