import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { makeRandom } from '#models/random.ts'
import { sigmoid } from '#models/sigmoid.ts'
import { expectedCalibrationError, fitRecalibration, reliabilityOfCounts, reliabilityTable } from '#models/task/yes-no/calibration.ts'

const rows = fc.array(fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), target: fc.constantFrom(0, 1) }), { maxLength: 60 })

/** Log-odds from −2 to 2 whose targets come true as often as they say. */
function calibratedRows(rowCount: number) {
  const random = makeRandom(4)
  const logits = Float64Array.from({ length: rowCount }, () => 4 * random() - 2)
  return { logits, targets: logits.map(logit => Number(random() < sigmoid(logit))) }
}

describe('reliabilityTable', () => {
  it('is that of four rows by hand', () => {
    assert.deepEqual(reliabilityTable([0.125, 0.375, 0.875, 0.625], [0, 0, 1, 0], 2), [
      { rowCount: 2, meanScore: 0.25, positiveRatio: 0 },
      { rowCount: 2, meanScore: 0.75, positiveRatio: 0.5 },
    ])
  })
  it('has every row in one bin, bins in order of score', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 12 }), (given, binCount) => {
        const [scores, targets] = [given.map(row => row.score), given.map(row => row.target)]
        const bins = reliabilityTable(scores, targets, binCount)
        assert.ok(bins.length <= binCount)
        const sumOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0)
        assert.equal(sumOf(bins.map(bin => bin.rowCount)), given.length)
        assert.ok(Math.abs(sumOf(bins.map(bin => bin.rowCount * bin.positiveRatio)) - sumOf(targets)) < 1e-9)
        assert.ok(Math.abs(sumOf(bins.map(bin => bin.rowCount * bin.meanScore)) - sumOf(scores)) < 1e-9)
        for (let bin = 1; bin < bins.length; bin++) assert.ok(bins[bin - 1].meanScore <= bins[bin].meanScore)
      }),
    )
  })
  it('has bins of equal count where no scores are equal', () => {
    const scores = Array.from({ length: 103 }, (_, row) => row / 103)
    const counts = reliabilityTable(scores, scores.map(Math.round), 10).map(bin => bin.rowCount)
    assert.ok(counts.length === 10 && counts.every(count => count === 10 || count === 11))
  })
  it('keeps equal scores in one bin', () => {
    const scores = [0.25, 0.25, 0.25, 0.25, 0.25, 0.75]
    assert.deepEqual(reliabilityTable(scores, [0, 0, 0, 0, 1, 1], 3), [
      { rowCount: 5, meanScore: 0.25, positiveRatio: 0.2 },
      { rowCount: 1, meanScore: 0.75, positiveRatio: 1 },
    ])
  })
  it('has no bins without rows', () => {
    assert.deepEqual(reliabilityTable([], [], 10), [])
  })
})

describe('expectedCalibrationError', () => {
  it('weighs each bin by its rows', () => {
    const bins = [
      { rowCount: 1, meanScore: 0.5, positiveRatio: 1 },
      { rowCount: 3, meanScore: 0.25, positiveRatio: 0 },
    ]
    assert.equal(expectedCalibrationError(bins), (0.5 + 0.75) / 4)
  })
  it('is 0 for a constant score that is the base rate', () => {
    assert.equal(expectedCalibrationError(reliabilityTable([0.25, 0.25, 0.25, 0.25], [0, 1, 0, 0], 2)), 0)
  })
  it('is null without rows', () => {
    assert.equal(expectedCalibrationError([]), null)
  })
})

describe('fitRecalibration', () => {
  const near = (line: { slope: number; intercept: number } | null, slope: number, intercept: number, within: number) => {
    assert.ok(line && Math.abs(line.slope - slope) < within && Math.abs(line.intercept - intercept) < within, JSON.stringify(line))
  }

  it('is exact for two scores: the line through the log-odds of what came', () => {
    // 1 of 5 at score 0.5 (log-odds 0) and 4 of 5 at score 0.8 (log-odds ln 4): from −ln 4 to ln 4
    const scores = [...Array<number>(5).fill(0.5), ...Array<number>(5).fill(0.8)]
    near(fitRecalibration(scores, [1, 0, 0, 0, 0, 1, 1, 1, 1, 0]), 2, -Math.log(4), 1e-9)
  })
  it('has slope near 1 and intercept near 0 for calibrated scores', () => {
    const { logits, targets } = calibratedRows(20_000)
    near(fitRecalibration(logits.map(sigmoid), targets), 1, 0, 0.06)
  })
  it('finds the line that was taken from the log-odds', () => {
    const { logits, targets } = calibratedRows(2000)
    const { slope, intercept } = fitRecalibration(logits.map(sigmoid), targets)!
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 3, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true }), (scale, shift) => {
        const stretched = logits.map(logit => sigmoid(scale * logit + shift))
        near(fitRecalibration(stretched, targets), slope / scale, intercept - (slope * shift) / scale, 1e-5 / scale)
      }),
    )
  })
  it('stands for scores that hardly vary', () => {
    const { logits, targets } = calibratedRows(2000)
    const { slope } = fitRecalibration(
      logits.map(logit => sigmoid(logit * 1e-6 - 1)),
      targets,
    )!
    assert.ok(slope > 0.8e6 && slope < 1.2e6)
  })
  it('has a slope below 0 for scores that tell the wrong way', () => {
    assert.ok(fitRecalibration([0.2, 0.2, 0.2, 0.8, 0.8, 0.8], [1, 1, 0, 0, 0, 1])!.slope < 0)
  })
  it('is null with one class, with a constant score, and where a threshold parts the classes', () => {
    assert.equal(fitRecalibration([0.2, 0.8], [1, 1]), null)
    assert.equal(fitRecalibration([0.3, 0.3], [0, 1]), null)
    assert.equal(fitRecalibration([0.2, 0.8], [0, 1]), null)
    assert.equal(fitRecalibration([0.2, 0.5, 0.5, 0.8], [1, 1, 0, 0]), null)
    assert.equal(fitRecalibration([], []), null)
  })
  it('is finite or null for any rows', () => {
    fc.assert(
      fc.property(rows, given => {
        const line = fitRecalibration(
          given.map(row => row.score),
          given.map(row => row.target),
        )
        assert.ok(line === null || (Number.isFinite(line.slope) && Number.isFinite(line.intercept)))
      }),
    )
  })
})

describe('reliabilityOfCounts', () => {
  it('takes the middle of a bin for the score of its rows', () => {
    assert.deepEqual(reliabilityOfCounts([1, 0], [0, 1], 2), [
      { rowCount: 1, meanScore: 0.25, positiveRatio: 1 },
      { rowCount: 1, meanScore: 0.75, positiveRatio: 0 },
    ])
  })
  it('makes about as many bins of about equal count as asked for', () => {
    const bins = reliabilityOfCounts(Array(200).fill(3), Array(200).fill(2), 10)
    assert.deepEqual([...new Set(bins.map(({ rowCount }) => rowCount))], [100])
    assert.equal(bins.length, 10)
  })
  it('gives every row to one bin, also where they gather at one score', () => {
    const positives = [0, 0, 90, 0, 1]
    const bins = reliabilityOfCounts(positives, [1, 0, 0, 0, 0], 10)
    assert.equal(
      bins.reduce((sum, { rowCount }) => sum + rowCount, 0),
      92,
    )
  })
  it('is empty without rows', () => {
    assert.deepEqual(reliabilityOfCounts([0, 0], [0, 0], 10), [])
  })
})
