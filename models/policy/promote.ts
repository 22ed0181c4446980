import { MillraceError } from '../errors.ts'
import type { BinaryQuality } from '../measure/binary.ts'
import { parseSettings, type SettingsOf } from '../settings.ts'
import { type MeasuredGain, type Metric, measureGain, metrics } from './gain.ts'
import { type Check, checkGuardrails, type Guardrails, guardrailSettings, type Segments } from './guardrails.ts'
import { type LiveGatePolicy, parseLiveGate } from './live-gate.ts'

/** When a candidate takes a champion's place; a first champion must only beat the base rate. */
export const promotionSettings = {
  gainAtLeast: {
    default: 0,
    min: -10,
    max: 10,
    meaning: 'log loss or AUC by which the candidate must beat the champion on the same rows; 0: the newer model goes where it is no worse',
  },
  rowsAtLeast: {
    default: 30,
    min: 2,
    max: 1e9,
    meaning: 'rows later than all that the champion learnt from, below which nothing is promoted',
  },
  confidence: {
    default: 0.2,
    min: 0.001,
    max: 0.9999,
    meaning:
      'one-sided confidence that the true gain is that large; 0.5: the measured gain decides; 0.2: a newer model stays out where it is 80 % sure to be worse',
  },
} as const

/** Where a candidate proves itself: on the latest rows of the archive, or as a shadow on live labels. */
const places = ['holdout', 'live'] as const

export interface PromotionPolicy extends SettingsOf<typeof promotionSettings> {
  readonly metric: Metric
  readonly on: (typeof places)[number]
  readonly guardrails: Guardrails
  readonly live: LiveGatePolicy
}

/** What a definition may say of it. */
export interface PromotionChoice extends Partial<SettingsOf<typeof promotionSettings>> {
  /** `logLoss` if absent. */
  readonly metric?: Metric
  /** `holdout` if absent. */
  readonly on?: PromotionPolicy['on']
  readonly guardrails?: Partial<Guardrails>
  readonly live?: Partial<LiveGatePolicy>
}

/** @throws MillraceError SETTING_INVALID */
export function parsePromotionPolicy(given: PromotionChoice): PromotionPolicy {
  const { metric = 'logLoss', on = 'holdout', guardrails = {}, live = {}, ...numbers } = given
  checkOneOf('metric', metrics, metric)
  checkOneOf('on', places, on)
  if (metric === 'auc' && on === 'live') {
    const message =
      'promoteWhen.metric must be logLoss where promoteWhen.on is live, got auc: a duel of models is summed up row by row; change it in models/pipeline.ts'
    throw new MillraceError('SETTING_INVALID', message)
  }
  const { segmentBy, ...limits } = guardrails
  return {
    ...parseSettings('promoteWhen', promotionSettings, numbers),
    metric,
    on,
    guardrails: {
      ...parseSettings('promoteWhen.guardrails', guardrailSettings, limits),
      ...(segmentBy === undefined ? {} : { segmentBy }),
    },
    live: parseLiveGate(live),
  }
}

function checkOneOf(name: string, allowed: readonly string[], got: string): void {
  if (allowed.includes(got)) return
  throw new MillraceError(
    'SETTING_INVALID',
    `promoteWhen.${name} must be one of ${allowed.join(', ')}, got ${JSON.stringify(got)}; change it in models/pipeline.ts`,
  )
}

/** A decision as a value with all that was looked at: kept beside the bundle whether it was promoted or not. */
export interface PromotionDecision {
  readonly promote: boolean
  readonly reason: string
  readonly checks: readonly Check[]
}

/** A model on the rows that are compared. */
export interface Measured {
  readonly scores: ArrayLike<number>
  readonly quality: BinaryQuality
}

/** Candidate and rival on the same rows, in time order, none of which either has learnt from. */
export interface Evidence {
  readonly candidate: Measured
  /** The champion, or the base rate where there is none. */
  readonly rival: Measured & { readonly name: string; readonly isChampion: boolean }
  readonly targets: ArrayLike<number>
  readonly segments?: Segments
  /** Numbers from 0 to below 1, for the bootstrap. */
  readonly random: () => number
}

/**
 * Whether a candidate takes its rival's place.
 *
 * A champion is beaten by `gainAtLeast` with `confidence`, within the guardrails. The base rate is beaten by any gain: there is nothing to lose yet.
 *
 * @example decidePromotion(policy, { candidate, rival, targets, random }) // { promote: true, reason: 'gain of 0.0051: log loss …', checks: […] }
 */
export function decidePromotion(policy: PromotionPolicy, { candidate, rival, targets, segments, random }: Evidence): PromotionDecision {
  const rows = checkRows(policy, targets.length, rival)
  if (!rows.ok)
    return {
      promote: false,
      reason: `${rows.got} rows that the ${rival.name} has not learnt from, ${policy.rowsAtLeast} wanted`,
      checks: [rows],
    }
  const scores = checkScores(candidate.scores)
  if (!scores.ok) return { promote: false, reason: `a candidate must score from 0 to 1: ${scores.got}`, checks: [rows, scores] }

  const confidence = rival.isChampion ? policy.confidence : 0.5
  const measured = measureGain(policy.metric, { candidate: candidate.scores, rival: rival.scores, targets, confidence, random })
  const gain = checkGain(policy, measured, rival.isChampion)
  const guardrails = checkGuardrails(policy.guardrails, {
    candidate: candidate.scores,
    targets,
    ...(rival.isChampion ? { champion: rival.scores } : {}),
    ...(segments ? { segments } : {}),
  })
  const checks = [rows, scores, gain, ...guardrails]
  const figures = toFigures(policy.metric, candidate, rival)
  const gainText = `gain of ${measured ? measured.gain.toFixed(4) : '-'}`
  if (!gain.ok) return { promote: false, reason: `${gainText}${toShortfall(policy, measured, rival.isChampion)}: ${figures}`, checks }
  const broken = guardrails.find(({ ok }) => !ok)
  if (broken) return { promote: false, reason: `${broken.name} ${toText(broken.got)}, ${broken.wanted}: ${gainText}, ${figures}`, checks }
  return { promote: true, reason: `${gainText}: ${figures}`, checks }
}

function checkRows({ rowsAtLeast }: PromotionPolicy, count: number, { isChampion }: Evidence['rival']): Check {
  const wanted = isChampion ? rowsAtLeast : 1
  return { name: 'rows', ok: count >= wanted, got: count, wanted: `at least ${wanted}` }
}

function checkScores(scores: ArrayLike<number>): Check {
  const wanted = 'from 0 to 1 on every row'
  for (let row = 0; row < scores.length; row++) {
    if (!(scores[row] >= 0 && scores[row] <= 1)) return { name: 'scores', ok: false, got: `${scores[row]} on row ${row}`, wanted }
  }
  return { name: 'scores', ok: true, got: null, wanted }
}

function checkGain({ metric, gainAtLeast, confidence }: PromotionPolicy, measured: MeasuredGain | null, isChampion: boolean): Check {
  const got = measured?.bound ?? null
  if (!isChampion) return { name: 'gain', ok: got !== null && got > 0, got, wanted: `${metric} better than the base rate's` }
  return {
    name: 'gain',
    ok: got !== null && got >= gainAtLeast,
    got,
    wanted: `at least ${gainAtLeast} in ${metric} with confidence ${confidence}`,
  }
}

/** How far the gain falls short, for the reason. */
function toShortfall({ gainAtLeast, confidence }: PromotionPolicy, measured: MeasuredGain | null, isChampion: boolean): string {
  if (!measured) return ' cannot be measured, too few rows of one class'
  if (!isChampion) return ' is not above 0'
  if (measured.gain < gainAtLeast || confidence <= 0.5) return ` is below ${gainAtLeast}`
  return ` is at least ${measured.bound.toFixed(4)} with confidence ${confidence}, below ${gainAtLeast}`
}

function toFigures(metric: Metric, { quality }: Measured, rival: Evidence['rival']): string {
  const [name, read] = metric === 'auc' ? (['AUC', 'auc'] as const) : (['log loss', 'logLoss'] as const)
  return `${name} ${toText(quality[read])} against ${toText(rival.quality[read])} of the ${rival.name} on ${quality.rowCount} rows`
}

function toText(value: number | string | null): string {
  return typeof value === 'number' ? value.toFixed(4) : (value ?? '-')
}
