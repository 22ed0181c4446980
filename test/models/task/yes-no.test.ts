import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { duelLossesOf, isScore, lossesOf, lossOf } from '#models/task/yes-no.ts'

const near = (value: number, wanted: number) => assert.ok(Math.abs(value - wanted) < 1e-12, `${value}, wanted ${wanted}`)

describe('lossOf', () => {
  it('is the log loss of the score for what came', () => {
    near(lossOf(0.9, 1), -Math.log(0.9))
    near(lossOf(0.9, 0), -Math.log(0.1))
  })
  it('stays finite for a certainty that was wrong', () => {
    near(lossOf(0, 1), -Math.log(1e-6))
    assert.ok(Math.abs(lossOf(1, 0) - lossOf(0, 1)) < 1e-9)
  })
  it('is NaN for what is no number, so that whoever sums it up sees it', () => {
    assert.deepEqual([lossOf(Number.NaN, 1), lossOf(Number.NaN, 0)], [Number.NaN, Number.NaN])
  })
})

describe('lossesOf', () => {
  it('gives each row its loss', () => {
    assert.deepEqual(lossesOf([0.9, 0.2], [1, 0]), Float64Array.of(lossOf(0.9, 1), lossOf(0.2, 0)))
  })
  it('is empty without rows', () => {
    assert.deepEqual(lossesOf([], []), new Float64Array(0))
  })
})

describe('duelLossesOf', () => {
  it('gives the first and the second score their losses', () => {
    assert.deepEqual(duelLossesOf([0.5, 0.9], 1), [lossOf(0.5, 1), lossOf(0.9, 1)])
    assert.deepEqual(duelLossesOf([0.5, 0.9], 0), [lossOf(0.5, 0), lossOf(0.9, 0)])
  })
  it('bounds a gain by ln 999 however certain and wrong a score is', () => {
    const [first, second] = duelLossesOf([0, 1], 1)
    near(first - second, Math.log(999))
  })
})

describe('isScore', () => {
  it('takes numbers from 0 to 1', () => {
    assert.deepEqual([0, 0.5, 1, -0.01, 1.01, Number.NaN].map(isScore), [true, true, true, false, false, false])
  })
})
