import type { DuelBucket } from '../measure/duels.ts'
import { parseSettings, type SettingsOf } from '../settings.ts'
import { measureSpread } from './bet-length.ts'
import { makeWealth } from './wealth.ts'

/** How a candidate earns its place on live labels. */
export const liveGateSettings = {
  alpha: { default: 0.05, min: 1e-6, max: 0.5, meaning: 'share of useless candidates that may be promoted, however often it is looked at' },
  giveUpAlpha: { default: 0.05, min: 1e-6, max: 0.5, meaning: 'share of useful candidates that may be given up as useless' },
  rowsAtLeast: { default: 1_000, min: 1, max: 1e12, meaning: 'labelled rows with both scores before anything is decided' },
  daysAtMost: { default: 14, min: 1, max: 3_650, meaning: 'days of event time after which an undecided candidate is given up' },
  coverageAtLeast: {
    default: 0.9,
    min: 0,
    max: 1,
    meaning: 'share of the rows of an hour that must have their label for the hour to count, before all had their time',
  },
  rowsPerUnit: { default: 100, min: 1, max: 1e9, meaning: 'labelled rows below which an hour is joined to the next' },
  cycleHours: { default: 24, min: 1, max: 168, meaning: 'length of the cycle that the stream repeats; decisions fall at its end' },
} as const

export type LiveGatePolicy = SettingsOf<typeof liveGateSettings>

/** @throws MillraceError SETTING_INVALID */
export function parseLiveGate(given: Partial<LiveGatePolicy>): LiveGatePolicy {
  return parseSettings('promoteWhen.live', liveGateSettings, given)
}

/** What the live labels say, with the figures that say so. */
export interface LiveVerdict {
  readonly verdict: 'promote' | 'reject' | 'wait'
  readonly reason: string
  /** Labelled rows that counted, and their mean gain. */
  readonly rows: number
  readonly gain: number | null
  readonly days: number
  /** Evidence for the candidate: it is promoted at 1 / alpha. */
  readonly wealth: number
  /** Evidence against it: it is given up at 1 / giveUpAlpha. */
  readonly wealthAgainst: number
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/**
 * The hours that count: those counted before, then the new ones in time order, up to the first that has neither enough labels nor stopped waiting.
 *
 * An hour counts once, with the labels of that moment, so that what was bet on is never rewritten. `latest` goes back as far as a label may come late; it may have
 * forgotten what counted before.
 */
export function countMature(
  { coverageAtLeast }: LiveGatePolicy,
  counted: readonly DuelBucket[],
  latest: readonly DuelBucket[],
  labelArrivesWithinMs: number,
): readonly DuelBucket[] {
  const doneMs = counted.at(-1)?.startMs ?? Number.NEGATIVE_INFINITY
  const clockMs = latest.at(-1)?.startMs ?? 0 // the stream's own clock: the latest hour that was predicted
  const fresh = latest.filter(({ startMs }) => startMs > doneMs)
  const isMature = ({ startMs, labelled, predicted }: DuelBucket) => {
    const isOver = startMs < clockMs
    return isOver && (labelled >= coverageAtLeast * predicted || startMs + hourMs + labelArrivesWithinMs <= clockMs)
  }
  const end = fresh.findIndex(bucket => !isMature(bucket))
  return [...counted, ...(end < 0 ? fresh : fresh.slice(0, end))]
}

/** A bet's mean this many of its standard deviations below 0 takes the whole stake of a bold gambler: at 2, spells of a day deceive the gate too often. */
const ruinDeviations = 3
/** Units seen before the first bet: fewer do not tell how far the next may stray. */
const unitsBeforeBets = 4

/**
 * Decides between champion and candidate on the hours that count, in time order, as if it had looked after every one: what was decided at an
 * hour does not change with later ones.
 *
 * An hour's gain is the champion's loss minus the candidate's, summed over the rows that both scored and whose label has come.
 * A bet is placed on the mean gain of some consecutive hours, as many as hang together, once for the candidate (gain above `gainAtLeast`) and once
 * against it. Length and size of a bet are settled by the cycles before it; the first cycle is only watched. Decisions fall at the end of whole cycles.
 *
 * **What is promised.** If at every bet the expected gain, given all before it, is at most `gainAtLeast`, and no bet loses more than
 * about four (3 / 0.8) of the standard deviations seen before, the candidate is ever promoted with probability at most `alpha`, for however long and
 * however often one looks. Dependence among the rows of a bet does not matter. It does between bets: a candidate that is better for days on end and
 * then worse for days is better at first, and may be promoted. By simulation (test) the rate also holds where hours hang together by an autocorrelation
 * of 0.95, where the better model changes within the day or in spells of up to 36 hours, and with heavy tails. Rare losses that no hour before has
 * shown deceive it: a candidate a little better in 99 of 100 hours and a hundred times as much worse in the last was promoted in 9 % of the simulated
 * trials, before that hour came.
 *
 * @example decideLive(parseLiveGate({}), hours, { gainAtLeast: 0 }).verdict // 'wait'
 */
export function decideLive(
  policy: LiveGatePolicy,
  hours: readonly DuelBucket[],
  { gainAtLeast }: { readonly gainAtLeast: number },
): LiveVerdict {
  if (hours.length === 0) return toVerdict(policy, 'wait', { rows: 0, gainSum: 0, days: 0, wealth: 1, wealthAgainst: 1 })
  const [{ startMs }] = hours
  const seenMs = hours[hours.length - 1].startMs + hourMs
  const cycleMs = policy.cycleHours * hourMs
  const [wealth, against] = [makeWealth(), makeWealth()]
  const past: number[] = []
  let [rows, gainSum] = [0, 0]
  const standing = (endMs: number) => {
    return { rows, gainSum, days: (endMs - startMs) / dayMs, wealth: wealth.read(), wealthAgainst: against.read() }
  }
  for (const [cycle, units] of Map.groupBy(toUnits(policy, hours), ({ endMs }) => Math.ceil((endMs - startMs) / cycleMs))) {
    const endMs = startMs + cycle * cycleMs
    if (seenMs < endMs) break
    const gains = units.map(unit => unit.gainSum / unit.rows - gainAtLeast)
    if (past.length >= unitsBeforeBets) {
      const { length, deviation } = measureSpread(past, gains.length)
      const ruin = ruinDeviations * deviation
      for (const gain of ruin > 0 ? toBets(gains, length) : []) {
        wealth.bet(gain, ruin)
        against.bet(-gain, ruin)
      }
    }
    past.push(...gains)
    for (const unit of units) {
      rows += unit.rows
      gainSum += unit.gainSum
    }
    if (rows < policy.rowsAtLeast) continue
    const now = standing(endMs)
    if (now.wealth >= 1 / policy.alpha) return toVerdict(policy, 'promote', now)
    if (now.wealthAgainst >= 1 / policy.giveUpAlpha || now.days >= policy.daysAtMost) return toVerdict(policy, 'reject', now)
  }
  const now = standing(seenMs)
  return toVerdict(policy, now.days >= policy.daysAtMost + policy.cycleHours / 24 ? 'reject' : 'wait', now) // too few labels for a whole cycle
}

/** Consecutive hours with enough labels among them: one value of the series that is bet on. */
interface Unit {
  readonly endMs: number
  readonly rows: number
  readonly gainSum: number
}

function toUnits({ rowsPerUnit }: LiveGatePolicy, hours: readonly DuelBucket[]): Unit[] {
  const units: Unit[] = []
  let [rows, gainSum] = [0, 0]
  for (const hour of hours) {
    rows += hour.labelled
    gainSum += hour.gainSum
    if (rows < rowsPerUnit) continue
    units.push({ endMs: hour.startMs + hourMs, rows, gainSum })
    rows = 0
    gainSum = 0
  }
  return units
}

/** Means of consecutive values, about `length` of them each. */
function toBets(values: readonly number[], length: number): number[] {
  const count = Math.max(1, Math.floor(values.length / length))
  return Array.from({ length: count }, (_, bet) => {
    const part = values.slice(Math.round((bet * values.length) / count), Math.round(((bet + 1) * values.length) / count))
    return part.reduce((sum, value) => sum + value, 0) / part.length
  })
}

function toVerdict(
  policy: LiveGatePolicy,
  verdict: LiveVerdict['verdict'],
  { gainSum, ...figures }: Pick<LiveVerdict, 'rows' | 'days' | 'wealth' | 'wealthAgainst'> & { readonly gainSum: number },
): LiveVerdict {
  const { rows, days, wealth, wealthAgainst } = figures
  const gain = rows > 0 ? gainSum / rows : null
  const on = `gain of ${gain === null ? '-' : gain.toFixed(4)} on ${rows} live labels of ${days.toFixed(1)} days`
  const reasons = {
    promote: `${on}: evidence ${wealth.toFixed(1)}, ${(1 / policy.alpha).toFixed(0)} wanted`,
    reject:
      wealthAgainst >= 1 / policy.giveUpAlpha
        ? `${on}: evidence against it ${wealthAgainst.toFixed(1)}, ${(1 / policy.giveUpAlpha).toFixed(0)} is enough`
        : `${on}: not decided within ${policy.daysAtMost} days (evidence ${wealth.toFixed(1)}, ${(1 / policy.alpha).toFixed(0)} wanted)`,
    wait: `${on}: evidence ${wealth.toFixed(1)} of ${(1 / policy.alpha).toFixed(0)}, against it ${wealthAgainst.toFixed(1)} of ${(1 / policy.giveUpAlpha).toFixed(0)}`,
  }
  return { verdict, reason: reasons[verdict], gain, ...figures }
}
