import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { measureBinary, toRates } from '#models/task/yes-no/quality.ts'

describe('measureBinary', () => {
  it('counts a small table by hand', () => {
    const { logLoss, ...rates } = measureBinary([0.9, 0.8, 0.4, 0.3], [1, 0, 1, 0], 0.5)
    assert.ok(Math.abs(logLoss! + (Math.log(0.9) + Math.log(0.2) + Math.log(0.4) + Math.log(0.7)) / 4) < 1e-12)
    assert.deepEqual(rates, {
      rowCount: 4,
      positiveRatio: 0.5,
      accuracy: 0.5,
      precision: 0.5,
      recall: 0.5,
      f1: 0.5,
      auc: 0.75,
    })
  })
  it('stays finite for a certainty that was wrong', () => {
    assert.ok(Number.isFinite(measureBinary([0], [1], 0.5).logLoss))
  })
  it('has no figures without rows: nothing measured is not a loss of 0', () => {
    assert.deepEqual(measureBinary([], [], 0.5), {
      rowCount: 0,
      positiveRatio: null,
      accuracy: null,
      precision: null,
      recall: null,
      f1: null,
      auc: null,
      logLoss: null,
    })
    assert.deepEqual(toRates({ truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 }), {
      accuracy: null,
      precision: null,
      recall: null,
      f1: null,
    })
  })
})
