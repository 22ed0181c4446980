import { normalQuantile } from '../measure/normal.ts'
import type { SettingsOf } from '../settings.ts'

/** What a candidate must not break, however large its gain. `Infinity` switches one off. */
export const guardrailSettings = {
  calibrationErrorAtMost: {
    default: Number.POSITIVE_INFINITY,
    min: 0,
    max: Number.POSITIVE_INFINITY,
    meaning: 'expected calibration error over ten bins; off by default, since chance alone gives 0.1 on 50 rows and 0.01 on 5,000',
  },
  segmentLossAtMost: {
    default: 0.02,
    min: 0,
    max: Number.POSITIVE_INFINITY,
    meaning: 'rise in log loss over the champion in any segment, beyond chance; only where segmentBy names a category',
  },
  segmentRowsAtLeast: { default: 100, min: 2, max: 1e9, isInteger: true, meaning: 'rows below which a segment is not looked at' },
  scoreShiftAtMost: {
    default: Number.POSITIVE_INFINITY,
    min: 0,
    max: Number.POSITIVE_INFINITY,
    meaning: "stability index of the candidate's scores against the champion's; off by default, since a sharper model shifts them",
  },
} as const

/** With the category feature whose values are the segments; absent: none are looked at. */
export type Guardrails = SettingsOf<typeof guardrailSettings> & { readonly segmentBy?: string }

/** One thing that was looked at in a decision. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly got: number | string | null
  readonly wanted: string
}

/** The segment of each row: a code into `names`; NaN where the category is missing. */
export interface Segments {
  readonly codes: ArrayLike<number>
  readonly names: readonly string[]
}

/** Chance that some segment is refused where none is worse. */
const segmentAlpha = 0.05

/** Figures that the task measures beyond losses; null where the rows do not tell. */
export interface GuardedFigures {
  readonly calibrationError: number | null
  readonly scoreShift: number | null
}

/**
 * Checks the guardrails that are on, by the losses of each row in time order and the task's figures. Without a champion only calibration can be
 * looked at.
 *
 * @example checkGuardrails({ ...guardrails, calibrationErrorAtMost: 0.05 }, { candidate, figures }) // [{ name: 'calibration', ok: true, got: 0.012, wanted: 'at most 0.05' }]
 */
export function checkGuardrails(
  guardrails: Guardrails,
  {
    candidate,
    champion,
    segments,
    figures,
  }: {
    readonly candidate: Float64Array
    readonly champion?: Float64Array
    readonly segments?: Segments
    readonly figures: GuardedFigures
  },
): Check[] {
  const checks: Check[] = []
  if (Number.isFinite(guardrails.calibrationErrorAtMost)) checks.push(checkCalibration(guardrails, figures.calibrationError))
  if (champion && Number.isFinite(guardrails.scoreShiftAtMost)) {
    checks.push(atMost('score shift', figures.scoreShift, guardrails.scoreShiftAtMost))
  }
  if (champion && segments && Number.isFinite(guardrails.segmentLossAtMost)) {
    checks.push(checkSegments(guardrails, { candidate, champion }, segments))
  }
  return checks
}

/** The check of a calibration error that was measured elsewhere, such as on live counters. */
export function checkCalibration({ calibrationErrorAtMost }: Guardrails, error: number | null): Check {
  return atMost('calibration', error, calibrationErrorAtMost)
}

function atMost(name: string, got: number | null, limit: number): Check {
  return { name, ok: got !== null && got <= limit, got, wanted: `at most ${limit}` }
}

/**
 * The segment whose rise in mean log loss is furthest above the limit, in its own standard errors; refused only beyond what the worst of so
 * many segments would show by chance (Bonferroni), since of 200 airports one always looks bad.
 */
function checkSegments(
  { segmentLossAtMost, segmentRowsAtLeast, segmentBy }: Guardrails,
  { candidate, champion }: { readonly [Part in 'candidate' | 'champion']: Float64Array },
  { codes, names }: Segments,
): Check {
  const moments = new Map<string, { count: number; sum: number; squares: number }>()
  for (let row = 0; row < candidate.length; row++) {
    const name = names[codes[row]] ?? 'missing'
    const rise = candidate[row] - champion[row]
    const moment = moments.get(name) ?? { count: 0, sum: 0, squares: 0 }
    moments.set(name, { count: moment.count + 1, sum: moment.sum + rise, squares: moment.squares + rise ** 2 })
  }
  const large = [...moments].filter(([, { count }]) => count >= segmentRowsAtLeast)
  const risen = large.map(([name, { count, sum, squares }]) => {
    const rise = sum / count
    const error = Math.sqrt(Math.max(0, squares / count - rise ** 2) / (count - 1))
    const excess = rise - segmentLossAtMost
    return { name, rise, excess: excess > 0 && error > 0 ? excess / error : excess }
  })
  const [worst] = risen.sort((a, b) => b.excess - a.excess)
  const wanted = `rise of at most ${segmentLossAtMost} in each ${segmentBy}`
  if (!worst) return { name: 'segments', ok: true, got: `no ${segmentBy} with ${segmentRowsAtLeast} rows`, wanted }
  const ok = worst.excess <= 0 || worst.excess <= normalQuantile(1 - segmentAlpha / large.length)
  return { name: 'segments', ok, got: `${worst.name} ${worst.rise.toFixed(4)}`, wanted }
}
