import { hourMs } from '../archived/hours.ts'

/** When an hour is closed, and when what it no longer needs is removed. */
export interface CompactTimes {
  /** After its end an hour waits for as long: archive's window, its timeout and a few tries. */
  readonly marginMs: number
  /** A closed hour to which late objects came is written again no sooner. */
  readonly pauseMs: number
  /** An hour that begins as far ahead was written by a wrong clock. */
  readonly futureMs: number
  /** What a manifest has replaced stays for as long: a reader that listed it may still read it. */
  readonly graceMs: number
  /** A day's manifests are put into one object once the day is over for as long. */
  readonly dayAfterMs: number
  /** An hour that is not closed as long after its end is behind. */
  readonly behindMs: number
  /** No further hour is begun once a run has taken as long. */
  readonly budgetMs: number
}

export const compactTimes: CompactTimes = {
  marginMs: 15 * 60_000,
  pauseMs: hourMs,
  futureMs: 24 * hourMs,
  graceMs: 24 * hourMs,
  dayAfterMs: 48 * hourMs,
  behindMs: 6 * hourMs,
  budgetMs: 5 * 60_000, // of 15 minutes: the largest hour that a run may still begin has 10
}
