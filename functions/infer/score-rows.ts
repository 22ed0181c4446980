import type { ModelsInService } from '../bundles/models-in-service.ts'
import type { Scorer } from '../bundles/scorer.ts'
import type { Arm, FeaturesRecord, ShadowScore } from '../records.ts'
import { makeKeySplit } from './arm.ts'

/** What a row came to: its score with the model and the arm that gave it, and what the other models gave. */
export type RowScore =
  | { readonly kind: 'scored'; readonly score: number; readonly model: string; readonly arm: Arm; readonly shadows: readonly ShadowScore[] }
  /** There is no champion, or the row was made by another feature layout. */
  | { readonly kind: 'unscored' }
  /** The champion gave no finite number, and no challenger counts. */
  | { readonly kind: 'invalid'; readonly reason: string }

/** The scores of a batch, row by row, and what was left out of them. */
export interface BatchScores {
  readonly rows: readonly RowScore[]
  /** Scores that were not finite numbers. */
  readonly scoresInvalid: number
  /** Calls of a shadow or challenger that failed. */
  readonly candidatesFailed: readonly CandidateFailure[]
}

/** Why a shadow or challenger was left out of a batch. */
export interface CandidateFailure {
  readonly version: string
  readonly reason: string
}

/** A model's scores of the rows that can be scored. */
interface ModelScores {
  readonly model: string
  readonly scores: ArrayLike<number>
}

const noShadows: readonly ShadowScore[] = []
const unscored: RowScore = { kind: 'unscored' }

/**
 * Scores each row with every model in service, one call a model, from the same decoded rows.
 *
 * The challenger's scores count on its share of the keys, the champion's on the others; where a challenger has no finite score, the
 * champion's counts there too. A shadow or challenger whose call fails is left out of the batch; a champion's failure throws.
 */
export async function scoreRows(
  rows: readonly FeaturesRecord[],
  keys: readonly (Uint8Array | string)[],
  { champion, shadow, challenger }: ModelsInService,
): Promise<BatchScores> {
  const known = champion ? rows.filter(row => row.definition === champion.definition) : []
  if (!champion || known.length === 0) return { rows: rows.map(() => unscored), scoresInvalid: 0, candidatesFailed: [] }
  const features = known.map(row => row.features)
  const scores = await champion.score(features)

  const candidatesFailed: CandidateFailure[] = []
  const candidates: ModelScores[] = []
  for (const candidate of withoutTwins(champion, [shadow, challenger?.scorer])) {
    try {
      candidates.push({ model: candidate.version, scores: await candidate.score(features) })
    } catch (error) {
      candidatesFailed.push({ version: candidate.version, reason: (error as Error).message }) // the batch goes on: it is the champion's
    }
  }
  const challenging = challenger && candidates.find(({ model }) => model === challenger.scorer.version)
  const isChallenged = challenger && challenging ? makeKeySplit(challenger.scorer.version, challenger.share) : () => false

  let scoresInvalid = 0
  let next = 0
  const outcomes = rows.map(({ definition }, at): RowScore => {
    if (definition !== champion.definition) return unscored
    const row = next++
    const isWhole = Number.isFinite(scores[row])
    if (candidates.length === 0 && isWhole) {
      return { kind: 'scored', score: scores[row], model: champion.version, arm: 'champion', shadows: noShadows }
    }
    const all = [{ model: champion.version, scores }, ...candidates]
    const finite = all.flatMap((own): ShadowScore[] => {
      return Number.isFinite(own.scores[row]) ? [{ model: own.model, score: own.scores[row] }] : []
    })
    scoresInvalid += all.length - finite.length
    const challenged = isChallenged(keys[at]) ? finite.find(({ model }) => model === challenging?.model) : undefined
    const counted = challenged ?? (isWhole ? finite[0] : undefined)
    if (!counted) return { kind: 'invalid', reason: `the score of champion ${champion.version} is ${scores[row]}; roll back` }
    const shadows = finite.filter(own => own !== counted)
    return { kind: 'scored', ...counted, arm: challenged ? 'challenger' : 'champion', shadows }
  })
  return { rows: outcomes, scoresInvalid, candidatesFailed }
}

/** The candidates that are there, each version once, without the champion itself. */
function withoutTwins(champion: Scorer, candidates: readonly (Scorer | undefined)[]): Scorer[] {
  const scorers: Scorer[] = []
  for (const candidate of candidates) {
    if (candidate && candidate.version !== champion.version && scorers.every(({ version }) => version !== candidate.version)) {
      scorers.push(candidate)
    }
  }
  return scorers
}
