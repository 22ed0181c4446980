import type { SettingsOf } from '../settings.ts'
import { findWorstSegment } from './segments.ts'

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
  segmentRowsAtLeast: { default: 100, min: 10, max: 1e9, isInteger: true, meaning: 'rows below which a segment is not looked at' },
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

/** Refused where a segment has risen above the limit by more than chance; the check names the one that is furthest above it. */
function checkSegments(
  { segmentLossAtMost, segmentRowsAtLeast, segmentBy }: Guardrails,
  { candidate, champion }: { readonly [Part in 'candidate' | 'champion']: Float64Array },
  { codes, names }: Segments,
): Check {
  const rowsOf = Map.groupBy(candidate.keys(), row => codes[row])
  const segments = [...rowsOf].flatMap(([code, rows]) => {
    if (rows.length < segmentRowsAtLeast) return []
    return [{ name: names[code] ?? 'missing', rises: Float64Array.from(rows, row => candidate[row] - champion[row]) }]
  })
  const worst = findWorstSegment(segments, segmentLossAtMost)
  const wanted = `rise of at most ${segmentLossAtMost} in each ${segmentBy}`
  if (!worst) return { name: 'segments', ok: true, got: `no ${segmentBy} with ${segmentRowsAtLeast} rows`, wanted }
  return { name: 'segments', ok: !worst.isBeyondChance, got: `${worst.name} ${worst.rise.toFixed(4)}`, wanted }
}
