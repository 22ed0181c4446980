import { MillraceError } from '../errors.ts'
import { parseSettings, type SettingsOf } from '../settings.ts'
import { boundLossGain, boundNormalGain, type MeasuredGain, type Metric, metrics } from './gain.ts'
import { type Check, checkGuardrails, type GuardedFigures, type Guardrails, guardrailSettings, type Segments } from './guardrails.ts'
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
  /** Of each row. */
  readonly losses: Float64Array
  readonly auc: number | null
}

/** Candidate and rival on the same rows, in time order, none of which either has learnt from. */
export interface Evidence {
  readonly candidate: Measured
  /** The champion, or the base rate where there is none. */
  readonly rival: Measured & { readonly name: string; readonly isChampion: boolean }
  readonly segments?: Segments
  /** The losses of a layer over each of them, where one serves and the rival is a champion: what the stream will see. */
  readonly underLayer?: { readonly candidate: Float64Array; readonly rival: Float64Array }
  /** What the task measures beyond losses. */
  readonly figures: GuardedFigures & { readonly aucGain: { readonly gain: number; readonly deviation: number } | null }
  /** Numbers from 0 to below 1, for the bootstrap. */
  readonly random: () => number
}

/**
 * Whether a candidate takes its rival's place.
 *
 * A champion is beaten by `gainAtLeast` with `confidence`, within the guardrails. The base rate is beaten by any gain: there is nothing to lose yet.
 *
 * @example decidePromotion(policy, { candidate, rival, figures, random }) // { promote: true, reason: 'gain of 0.0051: log loss …', checks: […] }
 */
export function decidePromotion(
  policy: PromotionPolicy,
  { candidate, rival, segments, underLayer, figures, random }: Evidence,
): PromotionDecision {
  const rows = checkRows(policy, candidate.losses.length, rival)
  if (!rows.ok)
    return {
      promote: false,
      reason: `${rows.got} rows that the ${rival.name} has not learnt from, ${policy.rowsAtLeast} wanted`,
      checks: [rows],
    }
  const losses = checkLosses(candidate.losses)
  if (!losses.ok) return { promote: false, reason: `a candidate must have a loss on every row, got ${losses.got}`, checks: [rows, losses] }

  const confidence = rival.isChampion ? policy.confidence : 0.5
  const measured =
    policy.metric === 'auc'
      ? figures.aucGain && boundNormalGain(figures.aucGain, confidence)
      : boundLossGain(candidate.losses, rival.losses, { confidence, random })
  const gain = checkGain(policy, measured, rival.isChampion)
  const layered = underLayer && boundLossGain(underLayer.candidate, underLayer.rival, { confidence: Math.min(confidence, 0.5), random })
  const ofLayer = layered === undefined ? [] : [checkUnderLayer(policy, layered)]
  const guardrails = checkGuardrails(policy.guardrails, {
    candidate: candidate.losses,
    figures,
    ...(rival.isChampion ? { champion: rival.losses } : {}),
    ...(segments ? { segments } : {}),
  })
  const checks = [rows, losses, gain, ...ofLayer, ...guardrails]
  const comparison = toComparison(policy.metric, candidate, rival)
  const gainText = `gain of ${measured ? measured.gain.toFixed(4) : '-'}`
  const said = `${gainText}${toRule(policy, measured, rival.isChampion, gain.ok)}`
  if (!gain.ok) return { promote: false, reason: `${said}: ${comparison}`, checks }
  const broken = [...ofLayer, ...guardrails].find(({ ok }) => !ok)
  if (broken) return { promote: false, reason: `${broken.name} ${toText(broken.got)}, ${broken.wanted}: ${said}, ${comparison}`, checks }
  return { promote: true, reason: `${said}: ${comparison}`, checks }
}

function checkRows({ rowsAtLeast }: PromotionPolicy, count: number, { isChampion }: Evidence['rival']): Check {
  const wanted = isChampion ? rowsAtLeast : 1
  return { name: 'rows', ok: count >= wanted, got: count, wanted: `at least ${wanted}` }
}

function checkLosses(losses: Float64Array): Check {
  const row = losses.findIndex(loss => !Number.isFinite(loss))
  return { name: 'losses', ok: row < 0, got: row < 0 ? null : `${losses[row]} on row ${row}`, wanted: 'a number on every row' }
}

function checkGain({ metric, gainAtLeast, confidence }: PromotionPolicy, measured: MeasuredGain | null, isChampion: boolean): Check {
  const got = measured?.bound ?? null
  if (!isChampion) return { name: 'gain', ok: got !== null && got > 0, got, wanted: `${metric} better than the base rate's` }
  return {
    name: 'gain',
    ok: got !== null && got >= gainAtLeast,
    got,
    wanted: `${toBoundText(confidence)} at least ${gainAtLeast} in ${metric}${measured ? ` (measured ${measured.gain.toFixed(4)})` : ''}`,
  }
}

/** Under the layer a candidate need not gain: much of what it knows the layer knows already. It must not be sure to lose. */
function checkUnderLayer({ confidence }: PromotionPolicy, measured: MeasuredGain | null): Check {
  const got = measured?.bound ?? null
  const said = measured ? ` (measured ${measured.gain.toFixed(4)})` : ''
  return {
    name: 'gain under the layer',
    ok: got !== null && got >= 0,
    got,
    wanted: `${toBoundText(Math.min(confidence, 0.5))} at least 0 in logLoss${said}`,
  }
}

/** What the gate compares with `gainAtLeast`: not the measured gain, but what chance leaves of it. */
function toBoundText(confidence: number): string {
  if (confidence === 0.5) return 'the measured gain must be'
  const [sure, side] = confidence < 0.5 ? [1 - confidence, 'below'] : [confidence, 'above']
  return `the gain that the true one is ${toPercent(sure)} sure to be ${side} must be`
}

const toPercent = (ratio: number) => `${Number((ratio * 100).toFixed(2))} %`

/** The rule by which a gain is too small, or is taken though it lies below the wanted one; nothing where it speaks for itself. */
function toRule(
  { gainAtLeast, confidence }: PromotionPolicy,
  measured: MeasuredGain | null,
  isChampion: boolean,
  isEnough: boolean,
): string {
  if (!measured) return ' cannot be measured, too few rows of one class'
  if (!isChampion) return isEnough ? '' : ' is not above 0'
  if (confidence < 0.5) {
    if (!isEnough) return `, ${toPercent(1 - confidence)} sure to be below ${gainAtLeast}`
    return measured.gain < gainAtLeast ? `, not ${toPercent(1 - confidence)} sure to be below ${gainAtLeast}` : ''
  }
  if (isEnough) return ''
  if (measured.gain < gainAtLeast || confidence === 0.5) return ` is below ${gainAtLeast}`
  return ` is at least ${measured.bound.toFixed(4)} with confidence ${confidence}, below ${gainAtLeast}`
}

function toComparison(metric: Metric, candidate: Measured, rival: Evidence['rival']): string {
  const count = candidate.losses.length
  const [name, own, other] =
    metric === 'auc' ? ['AUC', candidate.auc, rival.auc] : ['log loss', meanOf(candidate.losses), meanOf(rival.losses)]
  return `${name} ${toText(own)} against ${toText(other)} of the ${rival.name} on ${count} rows`
}

function meanOf(losses: Float64Array): number | null {
  return losses.length === 0 ? null : losses.reduce((sum, loss) => sum + loss, 0) / losses.length
}

function toText(value: number | string | null): string {
  return typeof value === 'number' ? value.toFixed(4) : (value ?? '-')
}
