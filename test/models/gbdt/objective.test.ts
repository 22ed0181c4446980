import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bestConstant, cellProbabilities, meanLoss } from '#models/gbdt/objective.ts'
import { sigmoid } from '#models/sigmoid.ts'

const isClose = (a: number, b: number, tolerance = 1e-6) => assert.ok(Math.abs(a - b) <= tolerance, `${a}, not ${b}`)

describe('bestConstant', () => {
  it('is the log-odds of the weighted labels', () => {
    isClose(sigmoid(bestConstant('binary', Float32Array.of(1, 0, 0, 0), undefined)), 0.25)
    isClose(sigmoid(bestConstant('binary', Float32Array.of(1, 0, 0, 0), Float32Array.of(3, 1, 0, 2))), 0.5)
  })
  it('is the weighted mean for squared error', () => {
    assert.equal(bestConstant('squared-error', Float32Array.of(1, 4), undefined), 2.5)
    assert.equal(bestConstant('squared-error', Float32Array.of(1, 4), Float32Array.of(2, 1)), 2)
  })
  it('stays finite where one row outweighs all others', () => {
    for (const label of [0, 1]) {
      const score = bestConstant('binary', Float32Array.of(label, 1 - label), Float32Array.of(1e20, 1))
      isClose(Math.abs(score), Math.log(1e20), 1e-4)
    }
  })
})

describe('meanLoss', () => {
  it('is the log loss in nats, and half the squared error', () => {
    isClose(meanLoss('binary', Float64Array.of(0, 0), Float32Array.of(0, 1), undefined), Math.LN2)
    isClose(meanLoss('binary', Float64Array.of(2, 2), Float32Array.of(0, 1), Float32Array.of(0, 3)), -Math.log(sigmoid(2)))
    assert.equal(meanLoss('squared-error', Float64Array.of(1, 5), Float32Array.of(4, 5), undefined), 2.25)
  })
  it('stays finite where the probability rounds to 0 or 1', () => {
    assert.equal(meanLoss('binary', Float64Array.of(1_000, -1_000), Float32Array.of(0, 1), undefined), 1_000)
    assert.equal(meanLoss('binary', Float64Array.of(1_000, -1_000), Float32Array.of(1, 0), undefined), 0)
  })
})

describe('cellProbabilities', () => {
  it('are those of the middles of the cells from −16 to 16', () => {
    const probabilities = cellProbabilities()
    assert.equal(probabilities.length, 4_096)
    isClose(probabilities[2_048], sigmoid(0.5 / 128), 1e-15)
    isClose(probabilities[0] + probabilities[4_095], 1, 1e-15)
  })
})
