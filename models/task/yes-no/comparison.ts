import { type AucGain, pairedAucGain } from './auc.ts'
import { expectedCalibrationError, reliabilityTable } from './calibration.ts'
import { scoreShift } from './score-shift.ts'

/** What is measured of a candidate beyond its losses, on the rows that it is compared with its rival on; null where these do not tell. */
export interface Comparison {
  readonly aucGain: AucGain | null
  /** Of the candidate, over ten bins. */
  readonly calibrationError: number | null
  /** Stability index of the candidate's scores against the rival's. */
  readonly scoreShift: number | null
}

const reliabilityBinCount = 10

/** @example compareScores(candidateScores, championScores, targets) // { aucGain: { gain: 0.012, deviation: 0.003 }, calibrationError: 0.01, scoreShift: 0.002 } */
export function compareScores(candidate: ArrayLike<number>, rival: ArrayLike<number>, targets: ArrayLike<number>): Comparison {
  return {
    aucGain: pairedAucGain(candidate, rival, targets),
    calibrationError: expectedCalibrationError(reliabilityTable(candidate, targets, reliabilityBinCount)),
    scoreShift: scoreShift(rival, candidate),
  }
}
