import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { auc, measureBinary } from '#models/measure/binary.ts'
import { countRows, emptyCounters, mergeCounters, toQuality } from '#models/measure/counters.ts'

const scoredRow = fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), target: fc.constantFrom<0 | 1>(0, 1) })

describe('auc', () => {
  it('is the share of rightly ordered pairs, ties counting half', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ score: fc.integer({ min: 0, max: 5 }), target: fc.constantFrom(0, 1) }), { maxLength: 30 }),
        rows => {
          let ordered = 0
          let pairs = 0
          for (const yes of rows.filter(row => row.target === 1)) {
            for (const no of rows.filter(row => row.target === 0)) {
              pairs++
              ordered += yes.score > no.score ? 1 : yes.score === no.score ? 0.5 : 0
            }
          }
          const measured = auc(
            rows.map(row => row.score),
            rows.map(row => row.target),
          )
          if (pairs === 0) assert.equal(measured, null)
          else assert.ok(Math.abs(measured! - ordered / pairs) < 1e-12)
        },
      ),
    )
  })
})

describe('measureBinary', () => {
  it('counts a small table by hand', () => {
    const { logLoss, ...rates } = measureBinary([0.9, 0.8, 0.4, 0.3], [1, 0, 1, 0], 0.5)
    assert.ok(Math.abs(logLoss + (Math.log(0.9) + Math.log(0.2) + Math.log(0.4) + Math.log(0.7)) / 4) < 1e-12)
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
})

describe('quality counters', () => {
  const count = (rows: readonly { score: number; target: 0 | 1 }[]) => countRows(emptyCounters(), rows, 0.5)

  it('agree with the exact measure, the AUC to within its bins', () => {
    fc.assert(
      fc.property(fc.array(scoredRow, { minLength: 1, maxLength: 200 }), rows => {
        const exact = measureBinary(
          rows.map(row => row.score),
          rows.map(row => row.target),
          0.5,
        )
        const counted = toQuality(count(rows))
        assert.equal(counted.labelled, exact.rowCount)
        assert.equal(counted.accuracy, exact.accuracy)
        assert.equal(counted.precision, exact.precision)
        assert.equal(counted.recall, exact.recall)
        assert.ok(Math.abs(counted.logLoss! - exact.logLoss) < 1e-9)
        assert.equal(counted.auc === null, exact.auc === null)
      }),
    )
  })
  it('add up to the same in any order of merging', () => {
    fc.assert(
      fc.property(fc.array(scoredRow), fc.array(scoredRow), (a, b) => {
        const one = toQuality(mergeCounters(count(a), count(b)))
        const other = toQuality(mergeCounters(count(b), count(a)))
        assert.equal(one.auc, other.auc)
        assert.equal(one.accuracy, other.accuracy)
        assert.equal(one.labelled, a.length + b.length)
      }),
    )
  })
  it('leave the counters they were given as they were', () => {
    const before = emptyCounters()
    countRows(before, [{ score: 0.7, target: 1 }], 0.5)
    assert.deepEqual(before, emptyCounters())
  })
  it('score the baselines before each label is learnt', () => {
    const { baselines } = toQuality(
      count([
        { score: 0.5, target: 1 },
        { score: 0.5, target: 1 },
        { score: 0.5, target: 0 },
      ]),
    )
    // majority: no (wrong), yes (right), yes (wrong); last label: no (wrong), yes (right), yes (wrong)
    assert.equal(baselines.majorityAccuracy, 1 / 3)
    assert.equal(baselines.lastLabelAccuracy, 1 / 3)
  })
})
