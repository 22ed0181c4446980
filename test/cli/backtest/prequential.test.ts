import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makePredictedRows } from '../../../cli/backtest/predicted-rows.ts'
import { kappaOf, measureBaselines, measureSpan, measureWindows } from '../../../cli/backtest/prequential.ts'

/** Rows without label delay: each one's label is known before the next. */
function predict(targets: readonly number[], scores: readonly number[]) {
  const rows = makePredictedRows()
  targets.forEach((target, row) => {
    rows.add(row, target)
    rows.setScore(row, scores[row])
    if (!Number.isNaN(target)) rows.release(row)
  })
  return rows
}

describe('kappaOf', () => {
  it('is 0.4 for the table of 20, 5, 10 and 15', () => {
    // p = 35 / 50 and e = 0.5, by hand
    const kappa = kappaOf({ truePositives: 20, falsePositives: 5, falseNegatives: 10, trueNegatives: 15 })
    assert.ok(Math.abs(kappa! - 0.4) < 1e-12)
  })
  it('is null where chance alone is always right', () => {
    assert.equal(kappaOf({ truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 9 }), null)
  })
})

describe('measureSpan', () => {
  it('measures the rows of the span alone', () => {
    const { accuracy, auc, labelled, positiveRatio } = measureSpan(predict([1, 0, 1, 0], [0.1, 0.2, 0.9, 0.3]), 2, 4, 0.5)
    assert.deepEqual({ accuracy, auc, labelled, positiveRatio }, { accuracy: 1, auc: 1, labelled: 2, positiveRatio: 0.5 })
  })
  it('passes over rows without a label', () => {
    assert.equal(measureSpan(predict([1, Number.NaN, 0], [0.9, 0.9, 0.1]), 0, 3, 0.5).labelled, 2)
  })
  it('is null throughout without rows', () => {
    const { accuracy, kappa, auc, logLoss } = measureSpan(predict([], []), 0, 0, 0.5)
    assert.deepEqual({ accuracy, kappa, auc, logLoss }, { accuracy: null, kappa: null, auc: null, logLoss: null })
  })
})

describe('measureBaselines', () => {
  it('guesses from the labels that were known when the row was predicted', () => {
    const { noChange, majority } = measureBaselines(predict([1, 1, 1, 0], [0, 0, 0, 0]), 0, 4)
    assert.equal(noChange.accuracy, 0.5) // says 0 1 1 1
    assert.equal(majority.accuracy, 0.5) // says 0 1 1 1
    const logLoss = -(Math.log(1 / 2) + Math.log(2 / 3) + Math.log(3 / 4) + Math.log(1 / 5)) / 4
    assert.ok(Math.abs(majority.logLoss! - logLoss) < 1e-12)
  })
})

describe('measureWindows', () => {
  it('cuts the rows into windows that leave none out', () => {
    const targets = Array.from({ length: 103 }, (_, row) => row % 2)
    const windows = measureWindows(predict(targets, targets), 10, 0.5)
    assert.equal(windows.length, 10)
    assert.equal(windows[0].fromRow, 0)
    assert.equal(windows[9].toRow, 103)
    windows.slice(1).forEach((window, at) => {
      assert.equal(window.fromRow, windows[at].toRow)
    })
    for (const { accuracy } of windows) assert.equal(accuracy, 1)
  })
  it('has one window a row where there are few', () => {
    assert.equal(measureWindows(predict([1, 0], [1, 0]), 10, 0.5).length, 2)
  })
})
