import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pairedAucGain } from '#models/task/yes-no/auc.ts'
import { compareScores } from '#models/task/yes-no/comparison.ts'
import { scoreShift } from '#models/task/yes-no/score-shift.ts'

describe('compareScores', () => {
  it('measures the candidate’s gain in AUC, its calibration, and how far its scores are from the rival’s', () => {
    const [candidate, rival, targets] = [
      [0.9, 0.7, 0.3, 0.1],
      [0.4, 0.6, 0.5, 0.5],
      [1, 1, 0, 0],
    ]
    assert.deepEqual(compareScores(candidate, rival, targets), {
      aucGain: pairedAucGain(candidate, rival, targets),
      calibrationError: 0.2, // 0.1, 0.3, 0.3 and 0.1 from the truth
      scoreShift: scoreShift(rival, candidate),
    })
  })
  it('has no figures without rows', () => {
    assert.deepEqual(compareScores([], [], []), { aucGain: null, calibrationError: null, scoreShift: null })
  })
})
